//! Runs one simulated primary until it is interrupted.
//!
//! ```text
//! cargo run -p nbu-sim --example primary -- [PORT] [JOBS_PER_DAY] [API_VERSION] [plain]
//! ```
//!
//! The API key is `demo`. With `plain` it serves HTTP instead of HTTPS.

use std::{error::Error, net::Ipv4Addr, path::Path};

use nbu_api::ApiVersion;
use nbu_sim::{Clock, Population, Sim};

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example talks to its user")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments.next().map_or(Ok(1556), |port| port.parse())?;
    let jobs_per_day = arguments.next().map_or(Ok(20_000), |jobs| jobs.parse())?;
    let version = arguments
        .next()
        .map_or(Ok(ApiVersion::V12_0), |version| version.parse())?;
    let plain = arguments.next().is_some_and(|word| word == "plain");
    let primary = Sim::builder()
        .api_version(version)
        .clock(Clock::system())
        .population(Population::living(jobs_per_day))
        .api_key("demo")
        .tls(!plain)
        .start((Ipv4Addr::LOCALHOST, port).into())
        .await?;
    println!("{} with the API key 'demo'", primary.url());
    if !plain {
        let ca = Path::new(&std::env::temp_dir())
            .join(format!("nbu-sim-{}.pem", primary.address().port()));
        std::fs::write(&ca, primary.ca_pem())?;
        println!("its authority's certificate is in {}", ca.display());
    }
    tokio::signal::ctrl_c().await?;
    primary.stop().await;
    Ok(())
}
