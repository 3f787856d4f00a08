//! Ten thousand damaged files: no panic gets out, and each either opens with a state that was committed or is set aside. An older
//! state than the last is always told: the [witness](super::super::witness) knows of the last one.

use std::fs;
use std::path::{Path, PathBuf};

use fastrand::Rng;
use tempfile::tempdir;

use super::super::{FileStore, Opened, Store};
use super::history::{State, commit};

const FILES: usize = 2_000;
const PAGE: usize = 4096;
const HEADER: usize = 320;

/// A state of several commits: the files that two kinds of end left behind, and every state it went through.
struct Original {
    images: [Vec<u8>; 2],
    /// What lies beside either of them.
    witness: Vec<u8>,
    states: Vec<State>,
}

async fn original(directory: &Path) -> Original {
    let path = directory.join("original.redb");
    let store = FileStore::open(&path).await.unwrap().store;
    let mut states = vec![State::default()];
    for number in 0..25 {
        store.commit(commit(number)).await.unwrap();
        states.push(State::after((0..=number).map(commit)));
    }
    let killed = fs::read(&path).unwrap();
    store.close().await.unwrap();
    let closed = fs::read(&path).unwrap();
    assert_ne!(killed, closed);
    Original {
        witness: fs::read(path.with_extension("last")).unwrap(),
        images: [killed, closed],
        states,
    }
}

/// Damages an image somewhere. `used` are the places that are not zero, where it hurts.
fn damage(random: &mut Rng, image: &mut Vec<u8>, other: &[u8], used: &[usize]) {
    let place = |random: &mut Rng, len: usize| match random.u8(..4) {
        0 => random.usize(..len),
        // The header, on which everything stands.
        1 => random.usize(..HEADER),
        _ => used[random.usize(..used.len())],
    };
    match random.u8(..9) {
        // Bits, one to forty of them.
        0 | 1 => {
            for _ in 0..random.usize(1..40) {
                let at = place(random, image.len());
                image[at] ^= 1 << random.u8(..8);
            }
        }
        2 => {
            let at = place(random, image.len());
            image[at] ^= 1 << random.u8(..8);
        }
        // Cut off, anywhere or between two pages.
        3 => image.truncate(random.usize(..image.len())),
        4 => image.truncate(random.usize(..image.len()) / PAGE * PAGE),
        // A page of zeros, or of noise.
        5 => {
            let at = place(random, image.len()) / PAGE * PAGE;
            let noise = random.bool();
            for byte in &mut image[at..at + PAGE] {
                *byte = if noise { random.u8(..) } else { 0 };
            }
        }
        // A page over another: also one that leads back to where it came from.
        6 => {
            let from = place(random, image.len()) / PAGE * PAGE;
            let to = place(random, image.len()) / PAGE * PAGE;
            image.copy_within(from..from + PAGE, to);
        }
        // A part of an older or a younger file, or the rest of it.
        7 => {
            let len = image.len().min(other.len());
            let from = place(random, len).min(len - 1);
            let to = if random.bool() {
                len
            } else {
                random.usize(from..len)
            };
            image[from..to].copy_from_slice(&other[from..to]);
        }
        // Longer than it was.
        _ => {
            let more = random.usize(1..3 * PAGE);
            image.extend(std::iter::repeat_with(|| random.u8(..)).take(more));
        }
    }
}

enum End {
    Whole,
    WentBack,
    SetAside,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_thousand_damaged_files_each_opens_right_or_is_set_aside() {
    // On memory where there is some: what is tested is not the disk.
    let directory = match Path::new("/dev/shm") {
        memory if memory.is_dir() => tempfile::tempdir_in(memory).unwrap(),
        _ => tempdir().unwrap(),
    };
    let original = std::sync::Arc::new(original(directory.path()).await);
    let hands: Vec<_> = (0..2_u64)
        .map(|hand| {
            let path = directory.path().join(format!("hand-{hand}.redb"));
            let original = std::sync::Arc::clone(&original);
            tokio::spawn(async move { play(hand, path, &original).await })
        })
        .collect();
    let mut ends = [0; 3];
    for hand in hands {
        for (sum, more) in ends.iter_mut().zip(hand.await.unwrap()) {
            *sum += more;
        }
    }
    assert_eq!(ends.iter().sum::<usize>(), FILES);
    // So that it is known what was tested.
    let [whole, back, aside] = ends;
    assert!(whole > 20 && back > 20 && aside > 200, "{ends:?}");
}

async fn play(hand: u64, path: PathBuf, original: &Original) -> [usize; 3] {
    let mut random = Rng::with_seed(hand);
    let mut ends = [0; 3];
    for _ in 0..FILES / 2 {
        let which = random.usize(..2);
        let mut image = original.images[which].clone();
        let used: Vec<usize> = (0..image.len()).filter(|at| image[*at] != 0).collect();
        damage(&mut random, &mut image, &original.images[1 - which], &used);
        fs::write(&path, &image).unwrap();
        fs::write(path.with_extension("last"), &original.witness).unwrap();
        let opened = FileStore::open(&path).await;
        let opened = opened
            .unwrap_or_else(|error| panic!("{error}: {:?}", std::error::Error::source(&error)));
        ends[judge(opened, original).await as usize] += 1;
        let aside = path.with_file_name(format!("hand-{hand}.damaged-1.redb"));
        let _ = fs::remove_file(aside);
    }
    ends
}

async fn judge(opened: Opened, original: &Original) -> End {
    let found = State::of(&opened.store).await.unwrap();
    let end = if opened.set_aside.is_some() {
        assert_eq!(found, State::default(), "begun afresh");
        assert_eq!(opened.lost, None, "it is told once");
        End::SetAside
    } else if found == original.states[original.states.len() - 1] {
        assert_eq!(opened.lost, None);
        End::Whole
    } else {
        assert!(opened.lost.is_some(), "an older state, and nobody was told");
        assert!(
            original.states.contains(&found),
            "no state that ever was: {found:?}"
        );
        End::WentBack
    };
    opened.store.close().await.unwrap();
    end
}
