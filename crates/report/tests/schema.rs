//! The types that web hands out describe themselves, each by a name of its own: two of one name would be one in OpenAPI.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test from top to bottom")]

use std::collections::BTreeMap;

use report::evidence::Evidence;
use report::ladder::{Ladder, State, Step};
use report::manual::Version;
use report::notes::Note;
use report::reconcile::Proof;
use report::render::Mail;
use report::schedule::{Entry, Now};
use report::{Assurance, Chosen, Content, DigestEntry, Draft, Edit, Field, Form, Missing, Problem, Profile};
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

/// What a type and all that it is made of are called.
fn add<T: ToSchema>(all: &mut BTreeMap<String, String>) {
    let mut schemas: Vec<(String, RefOr<Schema>)> = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut schemas);
    for (name, schema) in schemas {
        let schema = serde_json::to_string(&schema).unwrap();
        let before = all.insert(name.clone(), schema.clone());
        assert!(before.is_none_or(|before| before == schema), "two types are called {name}");
    }
}

#[test]
fn every_type_has_a_name_of_its_own() {
    let mut all = BTreeMap::new();
    add::<Assurance>(&mut all);
    add::<Chosen>(&mut all);
    add::<Content>(&mut all);
    add::<DigestEntry>(&mut all);
    add::<Draft>(&mut all);
    add::<Edit>(&mut all);
    add::<Entry>(&mut all);
    add::<Evidence>(&mut all);
    add::<Field>(&mut all);
    add::<Form>(&mut all);
    add::<Ladder>(&mut all);
    add::<Mail>(&mut all);
    add::<Missing>(&mut all);
    add::<Note>(&mut all);
    add::<Now>(&mut all);
    add::<Problem>(&mut all);
    add::<Profile>(&mut all);
    add::<Proof>(&mut all);
    add::<State>(&mut all);
    add::<Step>(&mut all);
    add::<Version>(&mut all);
    for schema in all.values() {
        for name in schema.split("#/components/schemas/").skip(1) {
            let name = name.split('"').next().unwrap();
            assert!(all.contains_key(name), "{name} is meant and not described");
        }
    }
    // Words that other parts of the house use, too.
    for common in
        ["Problem", "State", "Step", "Why", "Kind", "Line", "Value", "Entry", "Version", "Outcome", "Mail", "Draft"]
    {
        assert!(!all.contains_key(common), "{common} says too little");
    }
}
