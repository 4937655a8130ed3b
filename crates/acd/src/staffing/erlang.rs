//! Erlang's formulas, with nothing larger than the load in them: recursion instead of factorials, scaled integrals instead of sums
//! of powers.

/// The share of a load of `erlangs` that finds all of `operators` busy and is lost (Erlang B, A. K. Erlang 1917), by the recursion
/// B(n) = aB(n−1) / (n + aB(n−1)).
pub fn erlang_b(operators: u32, erlangs: f64) -> f64 {
    if erlangs <= 0.0 {
        return if operators == 0 { 1.0 } else { 0.0 };
    }
    (1..=operators).fold(1.0, |lost, n| {
        let busy = erlangs * lost;
        busy / (f64::from(n) + busy)
    })
}

/// What a queue is asked to carry, in a steady state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// Calls a second.
    pub calls: f64,
    /// Seconds that a call keeps an operator: pick-up, talk and wrap-up.
    pub handling: f64,
    /// Mean seconds that a caller would wait; infinite for callers who wait for ever (then Erlang A is Erlang C).
    pub patience: f64,
}

impl Load {
    /// Operators that would be busy all the time.
    pub fn erlangs(&self) -> f64 {
        self.calls * self.handling
    }
}

/// What callers find.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Service {
    /// Share of callers who find nobody free.
    pub waits: f64,
    /// Share of all callers who get an operator within the time asked about.
    pub within: f64,
    /// Share of callers who hang up before.
    pub abandons: f64,
    /// Mean seconds of waiting, over all callers (for Erlang A: those who hang up with what they waited).
    pub mean_wait: f64,
    /// Share of the operators' time that is work.
    pub occupancy: f64,
}

/// Callers who wait for ever: M/M/n (Erlang C; e.g. Koole, *Call Center Optimization*, 2013, ch. 6). More load than operators gives a
/// queue that grows without end: everyone waits, nobody is in time.
pub fn erlang_c(operators: u32, load: &Load, within: f64) -> Service {
    let (erlangs, n) = (load.erlangs(), f64::from(operators));
    if erlangs <= 0.0 {
        return IDLE;
    }
    if erlangs >= n {
        return Service { waits: 1.0, within: 0.0, abandons: 0.0, mean_wait: f64::INFINITY, occupancy: 1.0 };
    }
    let lost = erlang_b(operators, erlangs);
    let waits = lost / (1.0 - erlangs / n * (1.0 - lost));
    let leaves = (n - erlangs) / load.handling;
    Service {
        waits,
        within: 1.0 - waits * (-leaves * within.max(0.0)).exp(),
        abandons: 0.0,
        mean_wait: waits / leaves,
        occupancy: erlangs / n,
    }
}

/// Callers whose patience is exponential: M/M/n+M (C. Palm 1957), by the density of the offered wait, λ π(n−1) exp(λH(x) − nμx)
/// with H(x) = θ(1 − exp(−x/θ)) for a mean patience of θ (Zeltyn and Mandelbaum, *Call centers with impatient customers: many-server
/// asymptotics of the M/M/n+G queue*, 2005, section 3). The exponent's maximum is taken out, so loads of thousands are as exact as
/// small ones.
pub fn erlang_a(operators: u32, load: &Load, within: f64) -> Service {
    let erlangs = load.erlangs();
    if erlangs <= 0.0 {
        return IDLE;
    }
    if operators == 0 {
        return Service { waits: 1.0, within: 0.0, abandons: 1.0, mean_wait: load.patience, occupancy: 0.0 };
    }
    if !load.patience.is_finite() {
        return erlang_c(operators, load, within);
    }
    let waits = OfferedWait::new(operators, load);
    let whole = waits.integral(0.0, waits.end, |_| 1.0);
    // ε/λJ: how much likelier it is not to wait. The integrand was divided by exp(peak).
    let free = (-waits.peak).exp() / (load.calls * whole * erlang_b(operators - 1, erlangs));
    let share = 1.0 / (1.0 + free);
    let density = share / whole;
    let stays = |x: f64| (-x / load.patience).exp();
    let served = density * waits.integral(0.0, waits.end, stays);
    let in_time = density * waits.integral(0.0, within.clamp(0.0, waits.end), stays);
    let abandons = (share - served).max(0.0);
    Service {
        waits: share,
        within: 1.0 - share + in_time,
        abandons,
        mean_wait: abandons * load.patience,
        occupancy: erlangs * (1.0 - abandons) / f64::from(operators),
    }
}

const IDLE: Service = Service { waits: 0.0, within: 1.0, abandons: 0.0, mean_wait: 0.0, occupancy: 0.0 };

/// The density of the offered wait beyond zero, up to a factor.
struct OfferedWait {
    calls: f64,
    serves: f64,
    patience: f64,
    /// The exponent's maximum.
    peak: f64,
    /// Beyond this nothing is left that a double can show.
    end: f64,
}

impl OfferedWait {
    /// Below this share of the maximum nothing counts: exp(−NEGLIGIBLE).
    const NEGLIGIBLE: f64 = 45.0;
    /// Simpson's panels; even.
    const PANELS: u32 = 1_000;

    fn new(operators: u32, load: &Load) -> Self {
        let serves = f64::from(operators) / load.handling;
        let mut waits = Self { calls: load.calls, serves, patience: load.patience, peak: 0.0, end: 0.0 };
        let top = (load.calls / serves).ln().max(0.0) * load.patience;
        waits.peak = waits.exponent(top);
        let mut beyond = load.patience.min(load.handling).max(f64::MIN_POSITIVE);
        while waits.peak - waits.exponent(top + beyond) < Self::NEGLIGIBLE {
            beyond *= 2.0;
        }
        while waits.peak - waits.exponent(top + beyond / 2.0) > Self::NEGLIGIBLE {
            beyond /= 2.0;
        }
        waits.end = top + beyond;
        waits
    }

    fn exponent(&self, x: f64) -> f64 {
        self.calls * self.patience * -(-x / self.patience).exp_m1() - self.serves * x
    }

    fn integral(&self, from: f64, to: f64, weight: impl Fn(f64) -> f64) -> f64 {
        let step = (to - from) / f64::from(Self::PANELS);
        let at = |panel: u32| {
            let x = from + step * f64::from(panel);
            (self.exponent(x) - self.peak).exp() * weight(x)
        };
        let inner: f64 = (1..Self::PANELS).map(|panel| at(panel) * if panel % 2 == 1 { 4.0 } else { 2.0 }).sum();
        (at(0) + inner + at(Self::PANELS)) * step / 3.0
    }
}
