//! Customers from and to CSV.

use store::{ImportError, Imported, RowError, Store};
use switch::TransferPolicy;

use crate::customers::sakura;
use crate::on_both;

const HEADER: &str =
    "code,name,reading,greeting,manual,dids,targets,transfer,needs,plan,ring_seconds,priority,whisper\n";

async fn refused(store: &Store, csv: &[u8]) -> Vec<(u64, String)> {
    let version = store.directory_version().await.unwrap();
    let errors = match store.import_customers(csv).await.unwrap_err() {
        ImportError::Rows(errors) => errors,
        ImportError::Store(error) => panic!("{error:?}"),
    };
    assert_eq!(store.directory_version().await.unwrap(), version, "something was written");
    for RowError { what, remedy, .. } in &errors {
        assert!(!what.is_empty() && !remedy.is_empty());
    }
    errors.into_iter().map(|error| (error.line, error.column)).collect()
}

fn at(line: u64, column: &str) -> (u64, String) {
    (line, column.to_owned())
}

on_both! {
    async fn rows_become_customers_and_known_codes_change_theirs(store: Store) {
        store.create_customer(&sakura()).await.unwrap();
        let csv = format!("\u{feff}{HEADER}\
            sakura-dental,さくら歯科医院,さくらしか,はい,,0312345678;03-1234-5670,佐藤:090-3333-4444:25;鈴木:08011112222,always,医療,,,,no\r\n\
            ,,,,,,,,,,,,\r\n\
            \r\n\
            maruyama,\"丸山工務店\n本社\",まるやま,,,+81612345678 0612345679,,\"listed:090-1111-2222\",,ring_all,20,3,yes\r\n");
        let refusal = refused(&store, csv.as_bytes()).await;
        assert_eq!(refusal, [at(5, "name")], "a line break in a name, found at the row's first line");

        let csv = csv.replace("\n本社", "");
        let imported = store.import_customers(csv.as_bytes()).await.unwrap();
        assert_eq!(imported, Imported { created: 1, updated: 1 });
        let changed = store.customer_by_code("sakura-dental").await.unwrap().form;
        assert_eq!(changed.dids, ["81312345678", "81312345670"]);
        assert_eq!(changed.targets.iter().map(|t| t.ring_seconds).collect::<Vec<_>>(), [25, 20]);
        assert_eq!((changed.transfer, changed.whisper, changed.ring_seconds), (TransferPolicy::Always, false, 12));
        let new = store.customer_by_code("maruyama").await.unwrap().form;
        assert_eq!(new.dids, ["81612345678", "81612345679"]);
        assert_eq!(new.transfer, TransferPolicy::ListedCallers(vec!["819011112222".to_owned()]));

        // Columns that the file does not have stay.
        store.import_customers(b"code,priority\nmaruyama,7\n").await.unwrap();
        let again = store.customer_by_code("maruyama").await.unwrap().form;
        assert_eq!((again.priority, again.dids.len(), again.name.as_str()), (7, 2, "丸山工務店"));
    }

    async fn every_error_has_its_line_and_column_and_nothing_is_half_written(store: Store) {
        store.create_customer(&sakura()).await.unwrap();
        let csv = format!("{HEADER}\
            good,良い,,,,0612345678,,,,,,,\n\
            bad one,,,,,12,佐藤,sometimes,,fastest,abc,300,maybe\n\
            good,二度,,,,0612345678,,,,,,,\n\
            taken,取られた,,,,03-1234-5678,,,,,,,\n\
            short,短い\n");
        // The count of cells is looked at first: the rest of such a row means nothing.
        assert_eq!(refused(&store, csv.as_bytes()).await, [at(6, "")]);

        let csv = csv.replace("short,短い\n", "");
        let found = refused(&store, csv.as_bytes()).await;
        let bad = ["targets", "transfer", "plan", "ring_seconds", "priority", "whisper", "code", "name", "dids"];
        let mut expected: Vec<_> = bad.iter().map(|column| at(3, column)).collect();
        expected.extend([at(4, "code"), at(4, "dids")]);
        assert_eq!(found, expected);

        // What only the database can tell.
        let csv = format!("{HEADER}good,良い,,,,0612345678,,,,,,,\ntaken,取られた,,,,03-1234-5678,,,,,,,\n");
        assert_eq!(refused(&store, csv.as_bytes()).await, [at(3, "dids")]);
        assert_eq!(store.customers().await.unwrap().len(), 1);
    }

    async fn f64_plans_waiting_and_calendars_are_columns_that_may_be_left_out(store: Store) {
        let old = format!("{HEADER}old,古い,,,,,,,,,,,\n");
        store.import_customers(old.as_bytes()).await.unwrap();
        let form = store.customer_by_code("old").await.unwrap().form;
        assert_eq!((form.plan, form.calendar.clone()), (store::Plan::Widening, Default::default()));

        let csv = "code,name,plan,steps,team,hours,holidays,closed,closed_wording,when_closed,announce_after_seconds,tell,abandoned\n\
            new,新しい,widening,\"0:best1,2:everyone\",a,月-金 9:00-18:00,yes,\"12-29..01-03 年末年始です。\n2026-08-14\",終了しました。,announce,never,position,ignore\n\
            old,古い,ring_all,,,,,,,,,,\n";
        assert_eq!(store.import_customers(csv.as_bytes()).await.unwrap(), Imported { created: 1, updated: 1 });
        let new = store.customer_by_code("new").await.unwrap().form;
        assert_eq!(store::steps_text(&new.steps), "0:best1,2:everyone");
        assert_eq!((new.team.as_str(), new.calendar.week.to_string().as_str()), ("a", "mon-fri 09:00-18:00"));
        assert_eq!((new.calendar.closed.len(), new.calendar.closed[0].wording.as_str()), (2, "年末年始です。"));
        assert_eq!(new.calendar.when_closed, switch::calendar::Closed::Announce);
        assert_eq!((new.waiting.announce_after_seconds, store::word(&new.waiting.tell).as_str()), (None, "position"));
        assert_eq!(store::word(&new.abandoned), "ignore");
        let old = store.customer_by_code("old").await.unwrap().form;
        assert_eq!((old.plan, old.steps.len()), (store::Plan::RingAll, 0), "the plan's steps went with it");

        let wrong = "code,name,steps,hours,holidays,closed,when_closed,announce_after_seconds,tell,every_seconds,callback,abandoned\n\
            bad,悪い,soon:all,always,maybe,someday,ring,soon,all,x,perhaps,forget\n\
            worse,悪い,0:managers,mon 9-12 11-13,,2027-01-03..2026-12-29,,,,,,\n";
        let columns = ["steps", "hours", "holidays", "closed", "when_closed", "announce_after_seconds", "tell", "every_seconds", "callback", "abandoned"];
        let found = refused(&store, wrong.as_bytes()).await;
        let expected: std::collections::BTreeSet<_> = columns.iter().map(|column| at(2, column)).collect();
        assert_eq!(found.iter().filter(|(line, _)| *line == 2).cloned().collect::<std::collections::BTreeSet<_>>(), expected);
        let worse: Vec<_> = found.iter().filter(|(line, _)| *line == 3).map(|(_, column)| column.as_str()).collect();
        assert_eq!(worse, ["hours", "steps", "closed"]);
    }

    async fn files_that_are_none_are_refused_with_a_remedy(store: Store) {
        assert_eq!(refused(&store, b"").await, [at(1, "")]);
        assert_eq!(refused(&store, b"name\nx\n").await, [at(1, "code")]);
        assert_eq!(refused(&store, b"code,nmae,code\nx,y,z\n").await, [at(1, "nmae"), at(1, "code")]);
        // Shift_JIS.
        assert_eq!(refused(&store, b"code,name\na,ok\nb,\x82\xb3\x82\xad\n").await, [at(3, "")]);
    }

    async fn numbers_can_be_passed_on_within_one_file(store: Store) {
        store.import_customers(b"code,name,dids\na,A,0312345678\nb,B,0312345679\n").await.unwrap();
        store.import_customers(b"code,dids\na,0312345679\nb,0312345678\n").await.unwrap();
        assert_eq!(store.did("0312345678").await.unwrap().code, "b");
        assert_eq!(store.did("0312345679").await.unwrap().code, "a");
    }

    async fn r19_what_is_exported_comes_back_and_no_cell_is_a_formula(store: Store) {
        store.create_customer(&sakura()).await.unwrap();
        let risky = store::CustomerForm {
            code: "risky".to_owned(),
            name: "=HYPERLINK(\"http://evil\")".to_owned(),
            greeting: "+1\n\"quoted\", yes".to_owned(),
            manual: "@SUM(A1)".to_owned(),
            reading: "-2".to_owned(),
            ..Default::default()
        };
        store.create_customer(&risky).await.unwrap();
        let before = store.customers().await.unwrap();
        let csv = store.export_customers().await.unwrap();
        assert!(csv.contains("'=HYPERLINK") && csv.contains("'+1") && csv.contains("'@SUM") && csv.contains("'-2"), "{csv}");
        assert!(csv.contains("03-1234-5678;03-1234-5679"), "{csv}");
        assert_eq!(store.import_customers(csv.as_bytes()).await.unwrap(), Imported { created: 0, updated: 2 });
        assert_eq!(store.customers().await.unwrap(), before);
    }
}
