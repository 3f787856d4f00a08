//! What changes in the files is in force without a reload; what is wrong with them changes nothing.

use super::{Site, TLS, status, tls_with, until, user};
use nbu_tests::{Authority, Exporter, Launch, Page, Visitor};
use nix::sys::signal::Signal;
use rcgen::SanType;

const GOOD: &str = "netbackup_exporter_config_last_reload_successful";

async fn metrics(client: reqwest::Client, exporter: &Exporter) -> Page {
    let url = format!("https://{}/metrics", exporter.address());
    let request = client.get(url).basic_auth("alice", Some("one"));
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    Page::parse(&answer.text().await.unwrap())
}

async fn admits(client: &reqwest::Client, exporter: &Exporter, password: &str) -> bool {
    let url = format!("https://{}/metrics", exporter.address());
    let request = client.get(url).basic_auth("alice", Some(password));
    request.send().await.unwrap().status() == 200
}

#[tokio::test]
async fn a_new_certificate_is_shown_to_the_next_client_and_interrupts_nobody() {
    let site = Site::new();
    let exporter = site.start(TLS).await;
    let before = site.visitor().client();
    assert_eq!(status(before.clone(), &exporter, "/").await, Some(200));

    let renewed = Authority::new("renewed");
    site.install(&renewed.server());
    let fresh = || Visitor::trusting(&renewed).client();
    until("the new certificate", || async {
        status(fresh(), &exporter, "/").await == Some(200)
    })
    .await;
    assert_eq!(status(site.visitor().client(), &exporter, "/").await, None);
    // Whose connection is open keeps it.
    assert_eq!(status(before, &exporter, "/").await, Some(200));
}

#[tokio::test]
async fn a_client_ca_is_exchanged_as_well() {
    let site = Site::new();
    let lines = [
        "client_auth_type: RequireAndVerifyClientCert",
        "client_ca_file: ca.pem",
    ];
    let exporter = site.start(&tls_with(&lines)).await;
    let next = Authority::new("next");
    let (old, new) = (site.authority.issue(Vec::new()), next.issue(Vec::new()));
    let admitted = |pair| status(site.visitor().showing(pair).client(), &exporter, "/");
    assert_eq!(
        (admitted(&old).await, admitted(&new).await),
        (Some(200), None)
    );
    site.write("ca.pem", &next.pem());
    until("the new authority", || async {
        admitted(&new).await == Some(200)
    })
    .await;
    assert_eq!(admitted(&old).await, None);
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_told_once_and_the_last_good_one_stays() {
    let site = Site::new();
    let one = format!("{TLS}basic_auth_users:\n{}", user("alice", "one"));
    let exporter = site.start(&one).await;
    let fresh = || site.visitor().client();
    assert_eq!(
        metrics(fresh(), &exporter).await.value(GOOD, &[]),
        Some(1.0)
    );

    let good = std::fs::read_to_string(site.path().join("server.pem")).unwrap();
    for (file, bad, word) in [
        (
            "web.yml",
            "tls_server_config: {certfile: x}\n",
            "yaml: unknown key",
        ),
        ("server.pem", "nothing\n", "holds no certificate"),
        (
            "web.yml",
            "",
            "TLS cannot be switched off while the exporter runs",
        ),
        ("web.yml", TLS, "basic_auth_users: is not there any more"),
    ] {
        site.write(file, bad);
        until(word, || async {
            metrics(fresh(), &exporter).await.value(GOOD, &[]) == Some(0.0)
        })
        .await;
        assert!(!admits(&fresh(), &exporter, "two").await);
        site.write("server.pem", &good);
        site.write("web.yml", &one);
        until("that it is well again", || async {
            metrics(fresh(), &exporter).await.value(GOOD, &[]) == Some(1.0)
        })
        .await;
        let log = exporter.log();
        let told = log.lines().filter(|line| line.contains(word));
        assert_eq!(told.count(), 1, "{word}\n{log}");
    }

    // A password is changed, and a user more comes in, without a reload.
    site.write("web.yml", &one.replace(&user("alice", "one"), ""));
    let two = format!("{TLS}basic_auth_users:\n{}", user("alice", "two"));
    site.write("web.yml", &two);
    let client = fresh();
    until("the new password", || admits(&client, &exporter, "two")).await;
    assert!(
        !admits(&client, &exporter, "one").await,
        "what was known is not known any more"
    );
}

/// A file that is being written: what comes before its restrictions does not stand for the whole.
#[tokio::test]
async fn a_file_that_is_cut_opens_no_door() {
    let site = Site::new();
    let lines = [
        "client_auth_type: RequireAndVerifyClientCert",
        "client_ca_file: ca.pem",
        "client_allowed_sans: [scraper]",
    ];
    let whole = format!(
        "{}basic_auth_users:\n{}",
        tls_with(&lines),
        user("alice", "one")
    );
    let exporter = site.start(&whole).await;
    let name = SanType::DnsName("scraper".try_into().unwrap());
    let pair = site.authority.issue(vec![name]);
    let scraper = || site.visitor().showing(&pair).client();
    let good = || async {
        let page = metrics(scraper(), &exporter).await;
        page.value(GOOD, &[]) == Some(1.0)
    };
    for (cut, _) in whole.match_indices('\n') {
        let cut = &whole[..=cut];
        if cut == whole {
            break;
        }
        site.write("web.yml", cut);
        until("that the cut file was read", || async { !good().await }).await;
        let stranger = site.visitor().client();
        assert_eq!(status(stranger, &exporter, "/").await, None, "{cut}");
        // With a certificate, but without a password.
        assert_eq!(status(scraper(), &exporter, "/").await, Some(401), "{cut}");
        site.write("web.yml", &whole);
        until("that it is whole again", &good).await;
    }
    // Where it is meant, a reload takes it.
    site.write("web.yml", &tls_with(&lines[..2]));
    exporter.signal(Signal::SIGHUP);
    until("that no password is needed", || async {
        status(scraper(), &exporter, "/").await == Some(200)
    })
    .await;
}

#[tokio::test]
async fn a_reload_reads_it_too_and_may_take_the_users_away() {
    let site = Site::new();
    let one = format!("{TLS}basic_auth_users:\n{}", user("alice", "one"));
    let exporter = site.start(&one).await;
    let client = site.visitor().client();
    let reload = || async {
        let url = format!("https://{}/-/reload", exporter.address());
        let request = client.post(url).basic_auth("alice", Some("one"));
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(reload().await.0, 200);

    site.write("web.yml", &format!("{one}nonsense: 1\n"));
    let (code, told) = reload().await;
    assert_eq!(code, 500, "{told}");
    assert!(
        told.contains("web.yml:") && told.contains("nonsense: yaml: unknown key"),
        "{told}"
    );
    assert!(admits(&client, &exporter, "one").await);
    let page = metrics(client.clone(), &exporter).await;
    assert_eq!(page.value(GOOD, &[]), Some(0.0));

    // The exempt paths stand in the other file.
    site.write("web.yml", &one);
    exporter.rewrite_config("primaries: []\nweb: {auth_exempt: [/-/ready]}\n");
    assert_eq!(reload().await.0, 200);
    assert_eq!(
        status(client.clone(), &exporter, "/-/ready").await,
        Some(200)
    );
    assert_eq!(
        status(client.clone(), &exporter, "/-/healthy").await,
        Some(401)
    );
    let page = metrics(client.clone(), &exporter).await;
    assert_eq!(page.value(GOOD, &[]), Some(1.0));

    site.write("web.yml", TLS);
    exporter.signal(Signal::SIGHUP);
    until("that everybody may come in", || async {
        status(client.clone(), &exporter, "/").await == Some(200)
    })
    .await;

    site.write("web.yml", "");
    let (code, told) = reload().await;
    assert_eq!(code, 500, "{told}");
    assert!(told.contains("TLS cannot be switched off"), "{told}");
}

#[tokio::test]
async fn an_empty_file_is_plain_http_for_everybody_and_users_come_with_a_change() {
    let site = Site::new();
    let exporter = site.start("").await;
    assert_eq!(exporter.request("/metrics").await.status(), 200);
    site.write(
        "web.yml",
        &format!("basic_auth_users:\n{}", user("alice", "one")),
    );
    until("that a password is asked for", || async {
        exporter.request("/metrics").await.status() == 401
    })
    .await;
    let warning = exporter.logged("passwords travel in clear text").await;
    assert!(warning.contains("level=warn"), "{warning}");
    assert_eq!(exporter.request("/-/healthy").await.status(), 200);

    let without = Launch::with_config("primaries: []\n").start().await;
    assert_eq!(without.request("/metrics").await.status(), 200);
}
