//! The estimator against what can be reckoned by hand, and against chances that were drawn.

use super::*;

/// Tests need some moment to count from.
#[allow(clippy::disallowed_methods)]
pub(crate) fn a_moment() -> Instant {
    Instant::now()
}

static NOBODY: BusyCounts = BusyCounts::new();

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn ringing(count: usize, rung: f64) -> Phones {
    Phones { count, whose: Whose::Operator, rung: seconds(rung), starts: Duration::ZERO, stops: Duration::MAX }
}

fn outlook(left: f64, phones: &[Phones]) -> Outlook<'_> {
    Outlook { left: seconds(left), phones, ahead: 0, busy: &NOBODY }
}

/// Picks up after 1 to 5 s, evenly; talks 60 to 120 s; writes for 10 to 30 s.
fn learned() -> Chance {
    let mut chance = Chance::new();
    for turn in 0..5_000_u32 {
        let part = f64::from(turn * 7_919 % 1_000) / 1_000.0;
        chance.picked_up(Whose::Operator, seconds(1.0 + 4.0 * part));
        chance.picked_up(Whose::Helper, seconds(2.0 + 4.0 * part));
        chance.talked(seconds(60.0 + 60.0 * part));
        chance.wrapped_up(seconds(10.0 + 20.0 * part));
    }
    chance
}

fn near(is: f64, should: f64) {
    assert!((is - should).abs() < 0.05, "{is} should be near {should}");
}

#[test]
fn x07_a_phone_is_picked_up_as_phones_have_been() {
    let (chance, now) = (learned(), a_moment());
    near(chance.chance(now, &outlook(3.0, &[ringing(1, 0.0)])), 0.5);
    near(chance.chance(now, &outlook(3.0, &[ringing(3, 0.0)])), 1.0 - 0.125);
    near(chance.chance(now, &outlook(1.0, &[ringing(1, 3.0)])), 0.5); // half of those who have not in 3 s
    near(chance.chance(now, &outlook(5.0, &[Phones { starts: seconds(2.0), ..ringing(1, 0.0) }])), 0.5);
    near(chance.chance(now, &outlook(9.0, &[Phones { stops: seconds(3.0), ..ringing(1, 0.0) }])), 0.5);
    near(chance.chance(now, &outlook(9.0, &[])), 0.0);
    near(chance.chance(now, &outlook(0.0, &[ringing(9, 0.0)])), 0.0);
}

#[test]
fn x07_busy_operators_count_by_how_long_they_have_been() {
    let (chance, now) = (learned(), a_moment());
    let writing = |ages: &[f64]| {
        let mut counts = BusyCounts::new();
        ages.iter().rev().for_each(|age| counts.wrap_up_began(now - seconds(*age)));
        counts
    };
    let at = |busy: &BusyCounts, ahead| chance.chance(now, &Outlook { ahead, busy, ..outlook(9.0, &[]) });
    let (fresh, old) = (writing(&[0.0]), writing(&[26.0]));
    near(at(&fresh, 0), 0.0);
    assert!(at(&old, 0) > 0.75, "{}", at(&old, 0)); // over within 4 s, picked up within 5 s more
    assert!(at(&old, 1) < 1e-9);
    let many = writing(&[26.0; 10]);
    let turns: Vec<f64> = (0..=10).map(|ahead| at(&many, ahead)).collect();
    assert!(turns[0] > 0.95 && turns[3] > 0.75 && turns[9] < 0.7 && turns[10] < 1e-9, "{turns:?}");

    let mut talking = BusyCounts::new();
    (0..50).for_each(|_| talking.talk_began(now - seconds(110.0)));
    near(at(&talking, 0), 0.0); // they still have their reports to write
}

/// The chance against as many draws of what the operators do, with the very rates the estimator has.
#[test]
fn x07_the_chance_is_what_happens_when_it_is_drawn() {
    let (chance, now) = (learned(), a_moment());
    let mut draws = crate::traffic::Random::new(7);
    let mut length = |hazard: &Hazard, age: f64| {
        let rest = hazard.burden(age) - (1.0 - draws.unit()).ln();
        (0..200).map(|step| f64::from(step) * 0.05).find(|more| hazard.burden(age + more) >= rest).unwrap_or(10.0)
    };
    let ages = [5.0, 12.0, 18.0, 24.0, 70.0, 90.0, 118.0];
    let mut busy = BusyCounts::new();
    ages.iter().rev().for_each(|age| {
        if *age < 30.0 { busy.wrap_up_began(now - seconds(*age)) } else { busy.talk_began(now - seconds(*age)) }
    });
    for ahead in 0..3 {
        let told = chance.chance(now, &Outlook { ahead, busy: &busy, ..outlook(9.0, &[]) });
        let kept = (0..4_000).filter(|_| {
            let mut free: Vec<f64> = ages
                .iter()
                .map(|age| match age {
                    age if *age < 30.0 => length(&chance.wrap_ups, *age),
                    age => length(&chance.talks, *age) + length(&chance.wrap_ups, 0.0),
                })
                .collect();
            free.sort_by(f64::total_cmp);
            free[ahead] + length(&chance.operators, 0.0) <= 9.0
        });
        let drawn = kept.count() as f64 / 4_000.0;
        assert!((told - drawn).abs() < 0.06, "{ahead} ahead: told {told}, drawn {drawn}");
    }
}

#[test]
fn x07_help_is_called_when_it_is_worth_it_and_not_before() {
    let (chance, now) = (learned(), a_moment());
    let help = |left, phones: &[Phones], price| chance.help(now, &outlook(left, phones), 1, price);
    // Nobody is there: at once, unless there is no time left in which anyone could pick up.
    assert_eq!(help(9.0, &[], 0.3).when, When::Now);
    assert_eq!(help(1.0, &[], 0.3).when, When::Never);
    // Three phones ring: nobody is needed.
    assert_eq!(help(9.0, &[ringing(3, 0.0)], 0.3).when, When::Never);
    // One has just begun to: it may yet be picked up, and there is time to see. One more second changes that.
    let one = help(9.0, &[ringing(1, 0.0)], 0.3);
    assert!(one.chance > 0.9 && one.when != When::Now, "{one:?}");
    let slow = help(4.5, &[Phones { starts: seconds(3.0), ..ringing(1, 0.0) }], 0.3);
    assert!(slow.chance < 0.3 && slow.with_help > 0.6 && slow.when == When::Now, "{slow:?}");
    // What costs nothing is always worth it, and what costs a promise never is.
    assert_eq!(help(9.0, &[ringing(1, 0.0)], 0.0).when, When::Now);
    assert_eq!(help(9.0, &[], 1.0).when, When::Never);
}

#[test]
fn many_out_of_many_are_counted_as_they_are_reckoned_elsewhere() {
    let alike = |few, count: u32, each: f64| more_than(few, f64::from(count) * each, f64::from(count) * each * each);
    near(alike(0, 1, 0.3), 0.3);
    near(alike(0, 2, 0.5), 0.75);
    near(alike(1, 2, 0.5), 0.25);
    near(alike(2, 10, 0.2), 0.3222);
    assert!((alike(COUNTED_MAX, 100, 0.3) - alike(COUNTED_MAX + 1, 100, 0.3)).abs() < 0.1);
    assert_eq!((alike(3, 100_000, 0.5), alike(0, 5, 0.0)), (1.0, 0.0));
    assert!(alike(3, 2, 0.5) < 1e-9);
    // One who is nearly done among nine who have just begun: 0.9, not what ten of 0.09 would give.
    near(more_than(0, 0.9, 0.81), 0.9);
    assert!(more_than(1, 0.9, 0.81) < 1e-9);
    // 0.9 and 0.5: both come with 0.45, either with 0.95.
    near(more_than(0, 1.4, 1.06), 0.95);
    assert!((more_than(1, 1.4, 1.06) - 0.45).abs() < 0.06);
}
