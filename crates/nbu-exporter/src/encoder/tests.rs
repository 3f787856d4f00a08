use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::time::{advance, sleep};

use super::*;
use crate::board::{Board, CollectorView, Entry, View};

const TEXT: Variant = Variant {
    format: Format::Text,
    gzip: false,
};
const GZIP: Variant = Variant {
    format: Format::Text,
    gzip: true,
};

/// An encoder whose pages are the generation they show, and the number of its renders.
fn encoder() -> (Board, Pages<u64>, Arc<AtomicUsize>) {
    let board = Board::default();
    let renders = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&renders);
    let render = move |_: Variant, publications: &Publications| {
        count.fetch_add(1, Ordering::Relaxed);
        Ok(publications.generation)
    };
    let (encoder, pages) = Encoder::new(board.reader(), Arc::new(render));
    tokio::spawn(encoder.run());
    (board, pages, renders)
}

fn change(board: &Board) {
    board.publish(&Arc::from("paris"), Entry::of(View::default()));
}

/// Lets the encoder do what it can at this instant.
async fn settle() {
    sleep(Duration::from_millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_rendered_before_somebody_asks() {
    let (board, _pages, renders) = encoder();
    change(&board);
    settle().await;
    assert_eq!(renders.load(Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn many_who_ask_for_a_cold_variant_share_one_render() {
    let (_board, pages, renders) = encoder();
    let asking: Vec<_> = (0..50)
        .map(|_| {
            let pages = pages.clone();
            tokio::spawn(async move { pages.page(TEXT).await })
        })
        .collect();
    for asked in asking {
        asked.await.unwrap();
    }
    assert_eq!(renders.load(Ordering::Relaxed), 1);
    pages.page(GZIP).await;
    assert_eq!(
        renders.load(Ordering::Relaxed),
        2,
        "another variant is another render"
    );
}

#[tokio::test(start_paused = true)]
async fn changes_are_rendered_at_once_but_not_twice_within_a_second() {
    let (board, pages, renders) = encoder();
    pages.page(TEXT).await;
    advance(PAUSE).await;
    change(&board);
    settle().await;
    assert_eq!(
        (renders.load(Ordering::Relaxed), *pages.page(TEXT).await),
        (2, 1),
        "the first change at once"
    );

    for _ in 0..100 {
        change(&board);
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(
        (renders.load(Ordering::Relaxed), *pages.page(TEXT).await),
        (2, 1),
        "the next ones wait"
    );
    advance(PAUSE).await;
    settle().await;
    assert_eq!(
        (renders.load(Ordering::Relaxed), *pages.page(TEXT).await),
        (3, 101),
        "and are rendered together"
    );
}

#[tokio::test(start_paused = true)]
async fn a_variant_nobody_asks_for_goes_cold_and_its_page_is_freed() {
    let (board, pages, renders) = encoder();
    let first = Arc::downgrade(&pages.page(TEXT).await);
    sleep(WARM + Duration::from_secs(1)).await;
    assert!(first.upgrade().is_none());
    change(&board);
    settle().await;
    assert_eq!(
        renders.load(Ordering::Relaxed),
        1,
        "a change no longer costs anything"
    );
    assert_eq!(
        *pages.page(TEXT).await,
        1,
        "and who asks again gets what is there now"
    );
}

#[tokio::test(start_paused = true)]
async fn a_render_that_panics_leaves_the_page_before_it_and_is_tried_again() {
    let board = Board::default();
    let renders = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&renders);
    let render = move |_: Variant, publications: &Publications| {
        let render = count.fetch_add(1, Ordering::Relaxed);
        assert!(![1, 2].contains(&render), "panics as asked");
        Ok(publications.generation)
    };
    let (encoder, pages) = Encoder::new(board.reader(), Arc::new(render));
    tokio::spawn(encoder.run());
    assert_eq!(*pages.page(TEXT).await, 0);
    sleep(PAUSE).await;
    change(&board);
    settle().await;
    assert_eq!(*pages.page(TEXT).await, 0, "the page before it");
    assert_eq!(renders.load(Ordering::Relaxed), 2, "not again at once");
    sleep(PAUSE).await;
    settle().await;
    assert_eq!(renders.load(Ordering::Relaxed), 3);
    assert_eq!(*pages.page(TEXT).await, 0);
    sleep(PAUSE).await;
    settle().await;
    assert_eq!(*pages.page(TEXT).await, 1, "healed by itself");
}

#[tokio::test(start_paused = true)]
async fn whoever_shares_the_thread_gets_a_turn_between_two_variants() {
    let (board, renders) = (Board::default(), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&renders);
    let render = move |_: Variant, _: &Publications| Ok(count.fetch_add(1, Ordering::Relaxed));
    let (encoder, pages) = Encoder::new(board.reader(), Arc::new(render));
    pages.ask(TEXT);
    pages.ask(GZIP);
    let mut running = std::pin::pin!(encoder.run());
    for rendered in 1..=2 {
        tokio::select! {
            biased;
            never = &mut running => match never {},
            () = std::future::ready(()) => {}
        }
        assert_eq!(renders.load(Ordering::Relaxed), rendered);
    }
}

#[tokio::test(start_paused = true)]
async fn a_variant_stays_warm_for_five_minutes_after_it_was_last_asked_for() {
    let (board, pages, renders) = encoder();
    pages.page(TEXT).await;
    sleep(WARM.saturating_sub(Duration::from_secs(1))).await;
    pages.page(TEXT).await;
    assert_eq!(renders.load(Ordering::Relaxed), 1, "it was still there");
    sleep(WARM.saturating_sub(Duration::from_secs(1))).await;
    change(&board);
    settle().await;
    assert_eq!(renders.load(Ordering::Relaxed), 2, "still kept up to date");
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_freed_while_it_is_asked_for_is_rendered_again() {
    let (_board, pages, renders) = encoder();
    pages.page(TEXT).await;
    settle().await;
    // The encoder, on another thread, has seen the slot cold and frees its page now.
    pages.ask(TEXT);
    pages.0.slots[TEXT.index()].page.send_replace(None);
    let page = tokio::time::timeout(Duration::from_secs(1), pages.rendered(TEXT)).await;
    assert_eq!(
        page.map(|page| *page),
        Ok(0),
        "not only after the next change"
    );
    assert_eq!(renders.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn a_collector_that_becomes_stale_is_rendered_then_and_once() {
    let (board, pages, renders) = encoder();
    let began = Instant::now();
    let collectors = [3, 3, 200].map(|seconds| CollectorView {
        name: "jobs",
        reason: None,
        error: None,
        remedy: None,
        last_success: None,
        stale_at: began + Duration::from_secs(seconds),
    });
    let view = View {
        collectors: collectors.into(),
        ..View::default()
    };
    board.publish(&Arc::from("paris"), Entry::of(view));
    pages.page(TEXT).await;
    for (until, expected) in [
        (2_990, 1),
        (3_010, 2),
        (199_990, 2),
        (200_010, 3),
        (280_000, 3),
    ] {
        sleep(began + Duration::from_millis(until) - Instant::now()).await;
        assert_eq!(
            renders.load(Ordering::Relaxed),
            expected,
            "after {until} ms"
        );
    }
}
