//! The study file: what a user writes, as plain data.

mod backtest;
mod chosen;
mod conclusions;
mod demand;
mod entrant;
mod estimate_supply;
mod estimation;
mod game;
mod instruments;
mod merger;
mod micro;
mod premium;
mod report;
mod rho;
mod scenario;
mod study;
mod supply;
mod surface;
mod tracker;
mod transfer;
mod variant;
mod visit;
mod worth;

pub use backtest::{BacktestSpec, FollowSpec, PanelBacktestSpec};
pub use chosen::names_market;
pub use conclusions::{
    BootstrapKind, CombinationSpec, ConclusionsSpec, HypothesisKind, HypothesisSpec, RobustSets,
};
pub use demand::{DemandSpec, LoyaltySpec, Model, NestSpec, TargetKind, TargetSpec, TasteSpec};
pub use entrant::{CostSpec, EntrantSpec, QualitySpec, VariantSpec};
pub use estimate_supply::{ConductKind, CostForm, EstimateSupply, PanelStake};
pub use estimation::{
    Algorithm, Bounds, CoefficientKind, ErrorStructure, EstimateDemand, EstimateSpec,
    EstimationStudy, GmmMethod, IntegrationRule, IntegrationSpec, OptimizerSpec, PanelColumns,
    PanelDataSpec, StartMatrix,
};
pub use game::{CandidateSpec, GameSpec, MoveSpec, PlayerSpec};
pub use instruments::{
    BuiltInstruments, BuiltKind, ExpectationKind, ExpectedPrices, ImportanceSpec, OptimalSpec,
};
pub use merger::{
    MergerConduct, MergerCost, MergerCurrency, MergerDemand, MergerDiversion, MergerDivest,
    MergerEnter, MergerMerge, MergerProduct, MergerScenario, MergerSpec, MergerStake, MergerStudy,
    MergerTax,
};
pub use micro::{MicroMomentSpec, MicroNumber, MicroSpec, SurveyOf};
pub use premium::{BudgetSpec, FeatureSpec, PremiumsSpec};
pub use report::{Benchmark, ReportSpec};
pub use rho::RhoBounds;
pub use scenario::{
    BanSpec, CapacitySpec, CharacteristicSpec, CostChangeSpec, CurrencySpec, DivestSpec, EnterSpec,
    ExitSpec, MergeSpec, PriceSpec, ReachSpec, ScenarioSpec, Selector, StakeChangeSpec, TariffSpec,
    TaxSpec,
};
pub use study::{AveragePriceSpec, ColumnSpec, DataSpec, MarketSpec, SegmentSpec, Settings, Study};
pub use supply::{Conduct, GivenMarginSpec, StakeSpec, SupplySpec};
pub use surface::{AxisSpec, SurfaceSpec};
pub use tracker::TrackerSpec;
pub use transfer::TransferSpec;
pub use visit::Visit;
pub use worth::{LearnSpec, OptionSpec, PathSpec, RivalSpec, StepSpec, TimingSpec, WorthSpec};
