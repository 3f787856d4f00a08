//! A url that leads elsewhere, and what is advised.

use nbu_sim::{Fault, Route, Running, Sim};

use super::*;

async fn sim() -> Running {
    let sim = Sim::builder().api_key("k").tls(false);
    sim.start("127.0.0.1:0".parse().unwrap()).await.unwrap()
}

/// The advice after a ping, and after a list, which asks for the version first.
async fn advised(url: &str, keys: &str) -> Vec<String> {
    let primary = at(url, keys);
    let client = client(&primary);
    let list = client.fetch(&nbu_api::endpoint::STORAGE_UNITS, nbu_api::Query::new());
    let errors = [client.ping().await.unwrap_err(), list.await.unwrap_err()];
    let told = errors.iter().map(|error| {
        let advice = remedy(error.reason(), &Facts::from(error), &primary, Reader::Log);
        format!("{error}; {advice}")
    });
    told.collect()
}

#[tokio::test]
async fn a_wrong_path_is_named_and_the_right_one_said() {
    let sim = sim().await;
    let host = format!("http://{}", sim.address());
    for (path, asked) in [
        ("", "/ping"),
        ("/", "/ping"),
        ("/netbackup/api", "/netbackup/api/ping"),
        ("/NetBackup", "/NetBackup/ping"),
        ("/netbackup/ping", "/netbackup/ping/ping"),
        ("/webui", "/webui/ping"),
    ] {
        for keys in ["api_key: k", "api_key: k, api_version: '12.0'"] {
            for told in advised(&format!("{host}{path}"), keys).await {
                for part in [asked, "below /netbackup", "correct the url"] {
                    assert!(told.contains(part), "{part:?} is missing: {told}");
                }
                for part in ["upgrade", "set api_version", "disable"] {
                    assert!(!told.contains(part), "{told}");
                }
            }
        }
    }
    for path in ["/netbackup", "/netbackup/", "/netbackup//"] {
        client(&at(&format!("{host}{path}"), "api_key: k"))
            .ping()
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn another_server_than_a_primary_is_told_from_one() {
    let sim = sim().await;
    // The web UI, a load balancer.
    sim.faults().always(Route::Any, Fault::Html);
    for told in advised(&sim.url(), "api_key: k").await {
        assert!(told.contains("its web UI"), "{told}");
        assert!(told.contains("below /netbackup"), "{told}");
    }
    sim.faults().clear();
    sim.faults()
        .always(Route::Any, Fault::Redirect("/webui/login".to_owned()));
    for told in advised(&sim.url(), "api_key: k").await {
        assert!(told.contains("\"/webui/login\""), "{told}");
        assert!(told.contains("below /netbackup"), "{told}");
    }
    // A media server, whose web server knows nothing.
    sim.faults().clear();
    sim.faults().always(Route::Any, Fault::Status(404));
    for told in advised(&sim.url(), "api_key: k").await {
        assert!(told.contains("media server"), "{told}");
        assert!(!told.contains("upgrade"), "{told}");
    }
}

#[tokio::test]
async fn a_scheme_or_port_that_is_not_the_primary_s_is_named() {
    let tls = Sim::builder().api_key("k");
    let tls = tls.start("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let plain = format!("http://{}/netbackup", tls.address());
    for told in advised(&plain, "api_key: k").await {
        assert!(told.contains("write https:// in the url"), "{told}");
    }
    let plain = sim().await;
    let secure = format!("https://{}/netbackup", plain.address());
    for told in advised(&secure, "api_key: k").await {
        assert!(told.contains("check the port in the url"), "{told}");
    }
    let without = at("https://nbu.example.com/netbackup", "api_key: k");
    let told = remedy(Reason::Connect, &Facts::default(), &without, Reader::Log);
    assert!(told.contains("443 its port (usually 1556)"), "{told}");
}

#[test]
fn what_a_url_may_not_hold_is_refused() {
    let parse = |url: &str| {
        let text = format!("primaries: [{{name: paris, url: '{url}', api_key: k}}]");
        Config::parse(Path::new("/c.yml"), &text, &Environment::of([]))
    };
    for (url, words) in [
        (
            "https://me:hunter2@nbu.example.com/netbackup",
            "holds a user or a password",
        ),
        (
            "https://hunter2@nbu.example.com/netbackup",
            "holds a user or a password",
        ),
        (
            "https://nbu.example.com/netbackup?hunter2",
            "has a query or a fragment",
        ),
        (
            "https://nbu.example.com/netbackup#hunter2",
            "has a query or a fragment",
        ),
        (
            "nbu.example.com:1556/netbackup",
            "is neither http:// nor https://",
        ),
    ] {
        let told = parse(url).unwrap_err().to_string();
        assert!(told.contains(words), "{told}");
        assert!(!told.contains("hunter2"), "{told}");
    }
    for (url, words) in [
        ("https://nbu.example.com:1556", "has no path"),
        (
            "https://nbu.example.com:1556/netbackup/api",
            "has the path /netbackup/api",
        ),
        (
            "https://nbu.example.com:1556/NETBACKUP",
            "has the path /NETBACKUP",
        ),
    ] {
        let warnings = parse(url).unwrap().warnings;
        let told = warnings.iter().map(ToString::to_string).collect::<String>();
        assert!(told.contains(words), "{url}: {told}");
    }
    for url in [
        "https://nbu.example.com:1556/netbackup/",
        "https://gate.example.com/paris/netbackup",
    ] {
        assert!(parse(url).unwrap().warnings.is_empty(), "{url}");
    }
}
