//! `denwaban bench`.
use super::Output;
use crate::trouble::Troubles;
/// x
#[derive(clap::Args, Debug)]
pub struct Arguments {}
/// x
pub fn run(_: &Arguments, _: Output) -> Result<(), Troubles> {
    Ok(())
}
