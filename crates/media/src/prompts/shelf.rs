//! What can be played now, and what can be spoken when it is needed. Files and built-in sounds stay; of what was spoken, those that
//! were not played for longest make room for others: a house of 40,000 firms has more words than memory.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::Bound;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};

use super::Asset;

/// Texts that may be known.
pub const TEXTS_MAX: usize = 1_000_000;

/// Texts that wait to be spoken, of those that are needed now and of those that will be, each.
const QUEUE_MAX: usize = 1_024;

/// Sounds for single calls at once: a few for each caller of the recordings line.
const LENT_MAX: usize = 256;

/// See the module.
#[derive(Debug)]
pub(super) struct Shelf {
    /// Bytes of spoken prompts that are kept at once.
    bytes_max: usize,
    assets: RwLock<Assets>,
    /// Sounds for one call, which whoever laid them there takes away: they are in no list.
    lent: RwLock<HashMap<Arc<str>, Arc<Asset>>>,
    /// What can be spoken, by name.
    texts: RwLock<BTreeMap<Arc<str>, Arc<str>>>,
    /// Grows with every look at an asset.
    clock: AtomicU64,
    queue: Mutex<Queue>,
    news: Condvar,
}

#[derive(Debug, Default)]
struct Assets {
    of: HashMap<Arc<str>, Kept>,
    /// Of those that were spoken.
    bytes: usize,
}

/// A prompt ready to be sent.
#[derive(Debug)]
struct Kept {
    asset: Arc<Asset>,
    /// What was spoken; `None`: a file or built in.
    text: Option<Arc<str>>,
    /// When it was looked at last.
    used: AtomicU64,
}

/// Names of texts to be spoken.
#[derive(Debug, Default)]
struct Queue {
    /// A call is there that may hear it.
    now: VecDeque<Arc<str>>,
    /// While there is room.
    later: VecDeque<Arc<str>>,
    is_closed: bool,
}

impl Shelf {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self {
            bytes_max,
            assets: RwLock::default(),
            lent: RwLock::default(),
            texts: RwLock::default(),
            clock: AtomicU64::new(0),
            queue: Mutex::default(),
            news: Condvar::new(),
        }
    }

    /// The prompt, if it is there.
    pub(super) fn look(&self, name: &str) -> Option<Arc<Asset>> {
        let assets = self.assets.read().unwrap_or_else(PoisonError::into_inner);
        let Some(kept) = assets.of.get(name) else { return self.lent(name) };
        kept.used.store(self.clock.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        Some(Arc::clone(&kept.asset))
    }

    fn lent(&self, name: &str) -> Option<Arc<Asset>> {
        self.lent.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// A sound for one call. False: there are too many.
    pub(super) fn lend(&self, name: &str, asset: Asset) -> bool {
        let mut lent = self.lent.write().unwrap_or_else(PoisonError::into_inner);
        let has_room = lent.len() < LENT_MAX || lent.contains_key(name);
        if has_room {
            lent.insert(name.into(), Arc::new(asset));
        }
        has_room
    }

    /// Those whose names begin so are needed no longer. Who is hearing one hears it to its end.
    pub(super) fn take_back(&self, is_done: impl Fn(&str) -> bool) {
        self.lent.write().unwrap_or_else(PoisonError::into_inner).retain(|name, _| !is_done(name));
    }

    /// The same for somebody who wants to play it: one that is not there, or whose words are others now, is spoken for the next
    /// time.
    pub(super) fn take(&self, name: &str) -> Option<Arc<Asset>> {
        self.want_now(name);
        self.look(name)
    }

    fn want_now(&self, name: &str) {
        if let Some((name, _)) = self.text(name).filter(|(name, text)| !self.is_spoken(name, text)) {
            self.wants(name, true);
        }
    }

    /// A prompt that stays.
    pub(super) fn put(&self, name: &str, asset: Asset) {
        self.keep(name.into(), asset, None);
    }

    /// A prompt that was spoken. Others make room for it; one that somebody has recorded meanwhile stays.
    pub(super) fn put_spoken(&self, name: Arc<str>, text: Arc<str>, asset: Asset) {
        self.keep(name, asset, Some(text));
    }

    /// What stays under this name is gone; what can be spoken there is spoken again.
    pub(super) fn take_away(&self, name: &str) {
        self.assets.write().unwrap_or_else(PoisonError::into_inner).forget(name);
        self.want_now(name);
    }

    /// Names that are known, whether or not they can be played now, with the words that can be spoken there.
    pub(super) fn names(&self, is_wanted: impl Fn(&str) -> bool) -> BTreeMap<Arc<str>, Option<Arc<str>>> {
        let assets = self.assets.read().unwrap_or_else(PoisonError::into_inner);
        let there = assets.of.keys().filter(|name| is_wanted(name)).map(|name| (Arc::clone(name), None));
        let mut names: BTreeMap<_, _> = there.collect();
        drop(assets);
        let texts = self.texts.read().unwrap_or_else(PoisonError::into_inner);
        let spoken = texts.iter().filter(|(name, _)| is_wanted(name));
        names.extend(spoken.map(|(name, text)| (Arc::clone(name), Some(Arc::clone(text)))));
        names
    }

    fn keep(&self, name: Arc<str>, asset: Asset, text: Option<Arc<str>>) {
        let used = AtomicU64::new(self.clock.fetch_add(1, Ordering::Relaxed));
        let (bytes, is_spoken) = (asset.size(), text.is_some());
        let mut assets = self.assets.write().unwrap_or_else(PoisonError::into_inner);
        if is_spoken && assets.of.get(&name).is_some_and(|kept| kept.text.is_none()) {
            return;
        }
        assets.forget(&name);
        assets.bytes += if is_spoken { bytes } else { 0 };
        assets.of.insert(Arc::clone(&name), Kept { asset: Arc::new(asset), text, used });
        while assets.bytes > self.bytes_max {
            let spoken = assets.of.iter().filter(|(other, kept)| kept.text.is_some() && **other != name);
            let oldest = spoken.min_by_key(|(_, kept)| kept.used.load(Ordering::Relaxed)).map(|(name, _)| name.clone());
            let Some(oldest) = oldest else { return };
            assets.forget(&oldest);
        }
    }

    /// This text can be spoken under this name from now on. False: there are too many.
    pub(super) fn learn(&self, name: &str, text: &str) -> bool {
        let mut texts = self.texts.write().unwrap_or_else(PoisonError::into_inner);
        if texts.get(name).is_some_and(|known| **known == *text) {
            return true;
        }
        if texts.len() >= TEXTS_MAX && !texts.contains_key(name) {
            return false;
        }
        let name: Arc<str> = name.into();
        texts.insert(Arc::clone(&name), text.into());
        drop(texts);
        self.wants(name, false);
        true
    }

    /// Everything whose name begins so is needed soon: it is spoken, if it is not there, and stays, if it is.
    pub(super) fn warm(&self, prefix: &str) {
        let texts = self.texts.read().unwrap_or_else(PoisonError::into_inner);
        let names = texts.range::<str, _>((Bound::Included(prefix), Bound::Unbounded)).map(|(name, _)| name);
        let names: Vec<Arc<str>> = names.take_while(|name| name.starts_with(prefix)).cloned().collect();
        drop(texts);
        for name in names {
            self.take(&name);
        }
    }

    /// What is spoken under these names is forgotten, with its words.
    pub(super) fn forget(&self, is_gone: impl Fn(&str) -> bool) {
        self.texts.write().unwrap_or_else(PoisonError::into_inner).retain(|name, _| !is_gone(name));
        let mut assets = self.assets.write().unwrap_or_else(PoisonError::into_inner);
        let spoken = assets.of.iter().filter(|(name, kept)| kept.text.is_some() && is_gone(name));
        let gone: Vec<Arc<str>> = spoken.map(|(name, _)| name.clone()).collect();
        for name in gone {
            assets.forget(&name);
        }
    }

    /// The next text to be spoken, waited for; `None`: nobody wants anything any more. Those that are only wanted for later are
    /// left out while there is no room for them, and those that are there already are no work.
    pub(super) fn next(&self) -> Option<(Arc<str>, Arc<str>)> {
        let mut queue = self.queue();
        while !queue.is_closed {
            if let Some(work) = self.first(&mut queue) {
                return Some(work);
            }
            queue = self.news.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        None
    }

    /// The first of the queue that is work.
    fn first(&self, queue: &mut Queue) -> Option<(Arc<str>, Arc<str>)> {
        loop {
            let (name, is_wanted) = match queue.now.pop_front() {
                Some(name) => (name, true),
                None => (queue.later.pop_front()?, self.has_room()),
            };
            let text = self.text(&name).filter(|(name, text)| is_wanted && !self.is_spoken(name, text));
            if text.is_some() {
                return text;
            }
        }
    }

    /// Nothing more is spoken.
    pub(super) fn close(&self) {
        self.queue().is_closed = true;
        self.news.notify_all();
    }

    fn wants(&self, name: Arc<str>, now: bool) {
        let mut queue = self.queue();
        let list = if now { &mut queue.now } else { &mut queue.later };
        // One that finds no room is spoken when somebody needs it.
        if list.len() < QUEUE_MAX && !(now && list.contains(&name)) {
            list.push_back(name);
            self.news.notify_one();
        }
    }

    fn text(&self, name: &str) -> Option<(Arc<str>, Arc<str>)> {
        let texts = self.texts.read().unwrap_or_else(PoisonError::into_inner);
        texts.get_key_value(name).map(|(name, text)| (Arc::clone(name), Arc::clone(text)))
    }

    /// Whether nothing has to be spoken: these words are there, or a file is, which takes their place.
    fn is_spoken(&self, name: &str, text: &str) -> bool {
        let assets = self.assets.read().unwrap_or_else(PoisonError::into_inner);
        assets.of.get(name).is_some_and(|kept| kept.text.as_deref().is_none_or(|spoken| spoken == text))
    }

    fn has_room(&self) -> bool {
        self.assets.read().unwrap_or_else(PoisonError::into_inner).bytes < self.bytes_max
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Assets {
    fn forget(&mut self, name: &str) {
        if let Some(kept) = self.of.remove(name)
            && kept.text.is_some()
        {
            self.bytes = self.bytes.saturating_sub(kept.asset.size());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: usize) -> Asset {
        Asset::new(&vec![0; 8_000 * seconds])
    }

    /// Speaks what is wanted next.
    fn speaks(shelf: &Shelf) -> Option<String> {
        let (name, text) = shelf.first(&mut shelf.queue())?;
        shelf.put_spoken(Arc::clone(&name), text, seconds(1));
        Some(name.to_string())
    }

    #[test]
    fn what_was_not_played_for_longest_makes_room_and_is_spoken_again_when_it_is_needed() {
        let shelf = Shelf::new(3 * seconds(1).size());
        shelf.put("hold-music", seconds(10));
        for firm in 1..=3 {
            assert!(shelf.learn(&format!("customer/{firm}/name"), "さくら歯科"));
            assert_eq!(speaks(&shelf), Some(format!("customer/{firm}/name")));
        }
        assert!(shelf.look("customer/1/name").is_some());
        // A fourth is only spoken when somebody needs it, and then the second goes: nobody has heard it for longest.
        shelf.learn("customer/4/name", "青空会計");
        assert_eq!(speaks(&shelf), None);
        assert!(shelf.take("customer/4/name").is_none());
        assert_eq!(speaks(&shelf).as_deref(), Some("customer/4/name"));
        let there = |n: usize| shelf.look(&format!("customer/{n}/name")).is_some();
        assert_eq!([1, 2, 3, 4].map(there), [true, false, true, true]);
        assert!(shelf.look("hold-music").is_some(), "files stay");
        shelf.warm("customer/2/");
        assert_eq!(speaks(&shelf).as_deref(), Some("customer/2/name"));
        assert!(there(2));
    }

    #[test]
    fn f52_a_sound_for_one_call_is_in_no_list_and_taken_back() {
        let shelf = Shelf::new(0);
        assert!(shelf.lend("dial-in/a/1", seconds(1)) && shelf.lend("dial-in/b/1", seconds(2)));
        assert_eq!(shelf.take("dial-in/b/1").unwrap().size(), seconds(2).size());
        assert!(shelf.names(|_| true).is_empty());
        shelf.take_back(|name| name.starts_with("dial-in/b/"));
        assert!(shelf.look("dial-in/b/1").is_none() && shelf.look("dial-in/a/1").is_some());
        let all = (0..2 * LENT_MAX).filter(|n| shelf.lend(&format!("dial-in/c/{n}"), seconds(0))).count();
        assert_eq!(all, LENT_MAX - 1);
        assert!(shelf.lend("dial-in/c/0", seconds(1)), "another in its place");
    }

    #[test]
    fn a_text_that_is_there_is_not_spoken_again_and_a_changed_one_is() {
        let shelf = Shelf::new(usize::MAX);
        for text in ["一", "一", "二"] {
            shelf.learn("a", text);
        }
        assert_eq!(speaks(&shelf).as_deref(), Some("a"));
        assert_eq!(speaks(&shelf), None, "the first wording is no work any more");
        shelf.learn("a", "二");
        shelf.warm("a");
        assert_eq!(speaks(&shelf), None);
        shelf.learn("b", "三");
        shelf.forget(|name| name == "a");
        assert!(shelf.look("a").is_none() && shelf.take("a").is_none());
        assert_eq!(speaks(&shelf).as_deref(), Some("b"));
        assert_eq!(speaks(&shelf), None);
        shelf.close();
        assert_eq!(shelf.next(), None);
    }

    #[test]
    fn a_file_takes_the_place_of_words_and_they_are_spoken_again_without_it() {
        let shelf = Shelf::new(usize::MAX);
        shelf.learn("a", "一");
        shelf.put("a", seconds(2));
        assert_eq!(speaks(&shelf), None, "nothing is spoken over a file");
        shelf.put_spoken("a".into(), "一".into(), seconds(1));
        assert_eq!(shelf.look("a").unwrap().size(), seconds(2).size(), "also if it was being spoken");
        shelf.take_away("a");
        assert!(shelf.look("a").is_none());
        assert_eq!(speaks(&shelf).as_deref(), Some("a"));
        let names = shelf.names(|_| true);
        assert_eq!(names.get("a").cloned().flatten().as_deref(), Some("一"));
    }
}
