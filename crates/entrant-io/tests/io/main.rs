//! Reading and writing as a user meets them: whole studies in, mistakes or results out.

mod common;
mod estimation;
mod estimation_mistakes;
mod files;
mod mutations;
mod new_study;
mod own_data;
mod parquet;
mod parquet_bytes;
mod study_file;
mod tables;
mod tracker;
mod write;
