//! probe
#![allow(clippy::all, clippy::pedantic, clippy::print_stdout, clippy::unwrap_used)]
use std::time::Instant;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let loaded = entrant::io::read_study(std::path::Path::new(&args[1])).map_err(|e| { for x in &e { println!("{}:{:?} {} | {} | {} | {}", x.file, x.line, x.path, x.value, x.message, x.hint);} }).unwrap();
    let t = Instant::now();
    let opts = entrant::RunOptions { draws: args.get(2).map(|s| s.parse().unwrap()), seed: None, threads: None };
    let r = entrant::run(&loaded, opts, &entrant::Silent);
    let dt = t.elapsed();
    match r {
        Err(e) => println!("{e} {e:?}"),
        Ok(r) => {
            println!("{}", entrant::report::text(&r, 100));
            for c in &r.calibration { 
                for p in &c.parameters { println!("{} {:.5} [{:.4} {:.4} {:.4}]", p.name, p.central, p.value.low, p.value.median, p.value.high); }
                for t in &c.targets { println!("{} {:.4} {:.4}", t.name, t.input, t.fitted); }
                for (j, p) in c.products.iter().enumerate() { println!("{p:40} e {:7.2} m {:5.2} cost {:.0}", c.elasticities[j].median, c.margins[j].median, c.costs[j].median); }
                println!("{:?}", c.draws);
            }
            for f in &r.findings { println!("{:?} {} {}", f.level, f.code, f.message); }
            for s in &r.scenarios { let m=&s.markets[0]; println!("{} {:?} {:?}", s.id, m.status, m.draws);
               for p in m.products.iter().filter(|p| p.entrant) { println!("   {} price {:.0} share {:.4} [{:.4} {:.4}]", p.product, p.price.after.median, p.unit_share.after.median, p.unit_share.after.low, p.unit_share.after.high); }
               for d in &m.certificate.deviations { println!("   dev {} found {:.1e} bound {:.3}", d.firm, d.gain_found, d.gain_bound); } }
            if let Some(b) = &r.backtest { for s in &b.scores { println!("{} {:.2} {:.2} {:.2}", s.forecaster, s.mean_absolute_error, s.mean_absolute_error_others, s.crps);} for x in &b.rows { println!("{} {:.1} -> {:.1}: {:?}", x.brand, x.before, x.observed, x.forecasts.iter().map(|f| (f.median*10.0).round()/10.0).collect::<Vec<_>>()); } }
            std::fs::write("/tmp/results.json", serde_json::to_string(&r).unwrap()).unwrap();
            std::fs::write("/tmp/report.html", entrant::report::page(&r).unwrap()).unwrap();
        }
    }
    println!("{dt:?}");
}
