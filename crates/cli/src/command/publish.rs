//! `sluice publish`.

use crate::args::Publish;
use crate::exit::Exit;
use crate::print::{Grid, Output};
use sluice_api::{ApiError, ErrorCode, PublishPlan, PublishedView, ask};
use sluice_runner::Host;

/// Makes the draft a release, or shows what that would change.
pub(crate) async fn run(host: &Host, out: &Output, call: Publish) -> anyhow::Result<Exit> {
    let plan = host.call(ask::PublishPlan {}).await?;
    if call.plan {
        out.show(&plan, plan_text)?;
        return Ok(Exit::Done);
    }
    if plan.is_published() {
        out.show(&plan, |plan| format!("Draft equals r{}, nothing to publish\n", plan.base.unwrap_or(0)))?;
        return Ok(Exit::Done);
    }
    if !plan.blockers.is_empty() && !call.force {
        let next = "Fix it, or publish all the same with --force";
        return Err(ApiError::new(ErrorCode::Quality, plan.blockers.join("; "), next).into());
    }
    let base = call.base.or(plan.base);
    let published = host.call(ask::Publish { release: plan.next, base, note: call.note }).await?;
    out.show(&published, published_text)?;
    Ok(Exit::Done)
}

fn plan_text(plan: &PublishPlan) -> String {
    let base = plan.base.map_or_else(|| "nothing".to_owned(), |base| format!("r{base}"));
    let mut text = format!("{base} -> r{}, {} contracts\n", plan.next, plan.contracts);
    let mut grid = Grid::new(&["", "grade", "table", "place", "change", "effect"]);
    for change in &plan.changes {
        grid.row([
            change.kind.to_string(),
            format!("{:?}", change.grade).to_lowercase(),
            change.table.to_string(),
            change.place.clone(),
            change.change.clone(),
            change.consequence.clone(),
        ]);
    }
    text.push_str(&grid.to_text());
    for table in &plan.tables {
        text.push_str(&format!("{}: {} ({})\n", table.table, table.note, table.effect));
    }
    for blocker in &plan.blockers {
        text.push_str(&format!("in the way: {blocker}\n"));
    }
    text
}

fn published_text(published: &PublishedView) -> String {
    let release = &published.release;
    format!(
        "Published r{}, {} contracts, {}\n{}\n",
        release.release, release.contracts, release.hash, published.location
    )
}
