//! tantivy: a full-text search engine, its index in memory, its own tokeniser and BM25.

use tantivy::{
    Index, IndexReader, IndexWriter, ReloadPolicy, TantivyDocument, Term,
    collector::TopDocs,
    query::{BooleanQuery, Occur, Query, TermQuery},
    schema::{FAST, Field, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions},
};

use crate::engine::Engine;

/// Bytes that its writer may gather before a segment is made.
const WRITER_BYTES: usize = 100_000_000;

pub struct Tantivy {
    index: Index,
    writer: IndexWriter,
    reader: IndexReader,
    position: Field,
    text: Field,
}

impl Tantivy {
    pub fn boxed(texts: &[&str]) -> Box<dyn Engine> {
        Box::new(Self::new(texts).expect("an index in memory"))
    }

    fn new(texts: &[&str]) -> tantivy::Result<Self> {
        let mut schema = Schema::builder();
        let position = schema.add_u64_field("position", INDEXED | FAST);
        // Without the places of words, which BM25 does not look at.
        let words = TextFieldIndexing::default().set_tokenizer("default").set_index_option(IndexRecordOption::WithFreqs);
        let text = schema.add_text_field("text", TextOptions::default().set_indexing_options(words));
        let index = Index::create_in_ram(schema.build());
        // One thread, so that there is one segment, which is the fastest to ask.
        let writer = index.writer_with_num_threads(1, WRITER_BYTES)?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let mut engine = Self { index, writer, reader, position, text };
        for (position, text) in texts.iter().enumerate() {
            engine.add(position, text)?;
        }
        engine.commit()?;
        Ok(engine)
    }

    fn add(&self, position: usize, text: &str) -> tantivy::Result<()> {
        let mut document = TantivyDocument::new();
        document.add_u64(self.position, position as u64);
        document.add_text(self.text, text);
        self.writer.add_document(document).map(drop)
    }

    fn commit(&mut self) -> tantivy::Result<()> {
        self.writer.commit()?;
        self.reader.reload()
    }

    fn search(&self, text: &str, n: usize) -> tantivy::Result<Vec<(usize, f64)>> {
        let mut words = Vec::new();
        self.index.tokenizer_for_field(self.text)?.token_stream(text).process(&mut |token| words.push(token.text.clone()));
        words.sort_unstable();
        words.dedup();
        let clause = |word: &String| -> (Occur, Box<dyn Query>) {
            (Occur::Should, Box::new(TermQuery::new(Term::from_field_text(self.text, word), IndexRecordOption::WithFreqs)))
        };
        let query = BooleanQuery::new(words.iter().map(clause).collect());
        let searcher = self.reader.searcher();
        let found = searcher.search(&query, &TopDocs::with_limit(n).order_by_score())?;
        let positions = found.into_iter().map(|(score, address)| {
            let column = searcher.segment_reader(address.segment_ord).fast_fields().u64("position")?;
            Ok((column.first(address.doc_id).unwrap_or_default() as usize, f64::from(score)))
        });
        positions.collect()
    }
}

impl Engine for Tantivy {
    fn name(&self) -> &'static str {
        "tantivy BM25"
    }

    fn ranking(&self, text: &str, n: usize) -> Vec<(usize, f64)> {
        self.search(text, n).expect("a query of words")
    }

    fn replace(&mut self, position: usize, text: &str) -> bool {
        self.writer.delete_term(Term::from_field_u64(self.position, position as u64));
        self.add(position, text).and_then(|()| self.commit()).is_ok()
    }
}
