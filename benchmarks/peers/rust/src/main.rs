//! A peer of compare.py: rustls-webpki, with the algorithms of the provider that is named: `ring` or `aws-lc-rs`.
//! README.md in the folder above the crate's has the protocol.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::hint::black_box;
use std::io::{self, BufRead, Write as _};
use std::time::{Duration, Instant};

use rustls_pki_types::{
    CertificateDer, ServerName, SignatureVerificationAlgorithm, TrustAnchor, UnixTime,
};
use webpki::{anchor_from_trusted_cert, aws_lc_rs, ring, EndEntityCert, KeyUsage};

type Failure = Box<dyn std::error::Error>;
type Chain = Vec<CertificateDer<'static>>;

static RING: &[&dyn SignatureVerificationAlgorithm] = &[
    ring::ECDSA_P256_SHA256,
    ring::ECDSA_P256_SHA384,
    ring::ECDSA_P384_SHA256,
    ring::ECDSA_P384_SHA384,
    ring::ED25519,
    ring::RSA_PKCS1_2048_8192_SHA256,
    ring::RSA_PKCS1_2048_8192_SHA384,
    ring::RSA_PKCS1_2048_8192_SHA512,
];

static AWS_LC_RS: &[&dyn SignatureVerificationAlgorithm] = &[
    aws_lc_rs::ECDSA_P256_SHA256,
    aws_lc_rs::ECDSA_P256_SHA384,
    aws_lc_rs::ECDSA_P384_SHA256,
    aws_lc_rs::ECDSA_P384_SHA384,
    aws_lc_rs::ED25519,
    aws_lc_rs::RSA_PKCS1_2048_8192_SHA256,
    aws_lc_rs::RSA_PKCS1_2048_8192_SHA384,
    aws_lc_rs::RSA_PKCS1_2048_8192_SHA512,
];

struct Case {
    chains: Vec<Chain>,
    store: String,
    host: ServerName<'static>,
    at: UnixTime,
    next: usize,
}

struct Server {
    algorithms: &'static [&'static dyn SignatureVerificationAlgorithm],
    version: String,
    stores: HashMap<String, Vec<TrustAnchor<'static>>>,
    cases: HashMap<String, Case>,
}

/// Reads the files of the corpus; they are well formed, or the process ends.
struct Reader {
    bytes: Vec<u8>,
    at: usize,
}

impl Reader {
    fn open(path: &str) -> Result<Self, Failure> {
        let bytes = std::fs::read(path)?;
        Ok(Self { bytes, at: 0 })
    }

    fn take(&mut self, len: usize) -> &[u8] {
        self.at += len;
        &self.bytes[self.at - len..self.at]
    }

    fn number(&mut self) -> usize {
        self.take(4)
            .iter()
            .fold(0, |value, byte| value << 8 | usize::from(*byte))
    }

    fn list(&mut self) -> Chain {
        (0..self.number())
            .map(|_| {
                let len = self.number();
                CertificateDer::from(self.take(len).to_vec())
            })
            .collect()
    }
}

impl Server {
    fn store(&mut self, name: &str, path: &str) -> Result<String, Failure> {
        let roots = Reader::open(path)?.list();
        let begin = Instant::now();
        let anchors = roots
            .iter()
            .map(|der| Ok(anchor_from_trusted_cert(der)?.to_owned()))
            .collect::<Result<Vec<_>, webpki::Error>>()?;
        let elapsed = begin.elapsed();
        self.stores.insert(name.to_owned(), anchors);
        Ok(format!("ok {}", elapsed.as_nanos()))
    }

    fn case(
        &mut self,
        name: &str,
        path: &str,
        store: &str,
        host: &str,
        at: &str,
    ) -> Result<String, Failure> {
        let mut lists = Reader::open(path)?;
        let case = Case {
            chains: (0..lists.number()).map(|_| lists.list()).collect(),
            store: store.to_owned(),
            host: ServerName::try_from(host.to_owned())?,
            at: UnixTime::since_unix_epoch(Duration::from_secs(at.parse()?)),
            next: 0,
        };
        self.cases.insert(name.to_owned(), case);
        Ok("ok".to_owned())
    }

    /// What is timed: from DER to the verdict.
    fn judge(
        &self,
        case: &Case,
        anchors: &[TrustAnchor<'static>],
        chain: &Chain,
    ) -> Result<(), webpki::Error> {
        let leaf = EndEntityCert::try_from(&chain[0])?;
        let usage = KeyUsage::server_auth();
        leaf.verify_for_usage(
            self.algorithms,
            anchors,
            &chain[1..],
            case.at,
            usage,
            None,
            None,
        )?;
        leaf.verify_is_valid_for_subject_name(&case.host)
    }

    fn ask(&self, name: &str) -> Result<String, Failure> {
        let case = self.cases.get(name).ok_or("no such case")?;
        let anchors = self.stores.get(&case.store).ok_or("no such store")?;
        let refusals: Vec<_> = case
            .chains
            .iter()
            .filter_map(|chain| self.judge(case, anchors, chain).err())
            .collect();
        let word = word(case.chains.len() - refusals.len(), case.chains.len());
        Ok(match refusals.first() {
            None => word.to_owned(),
            Some(error) => format!("{word} {error:?}"),
        })
    }

    fn run(&mut self, name: &str, num: &str) -> Result<String, Failure> {
        let num: usize = num.parse()?;
        let case = self.cases.get(name).ok_or("no such case")?;
        let anchors = self.stores.get(&case.store).ok_or("no such store")?;
        let mut times = Vec::with_capacity(num);
        let mut accepted = 0;
        let mut next = case.next;
        for _ in 0..num {
            let chain = &case.chains[next];
            let begin = Instant::now();
            let answer = self.judge(case, anchors, chain);
            times.push(begin.elapsed().as_nanos());
            accepted += usize::from(answer.is_ok());
            next = (next + 1) % case.chains.len();
        }
        let mut answer = word(accepted, num).to_owned();
        for each in times {
            write!(answer, " {each}")?;
        }
        self.cases.get_mut(name).ok_or("no such case")?.next = next;
        Ok(answer)
    }

    /// Only the reading of the leaves: nanoseconds of `num` times all of them.
    fn parse(&self, name: &str, num: &str) -> Result<String, Failure> {
        let num: usize = num.parse()?;
        let case = self.cases.get(name).ok_or("no such case")?;
        let begin = Instant::now();
        for _ in 0..num {
            for chain in &case.chains {
                black_box(EndEntityCert::try_from(black_box(&chain[0]))?);
            }
        }
        Ok(format!("ok {}", begin.elapsed().as_nanos()))
    }

    fn answer(&mut self, fields: &[&str]) -> Result<String, Failure> {
        match *fields {
            ["version"] => Ok(self.version.clone()),
            ["store", name, path] => self.store(name, path),
            ["case", name, path, store, host, at] => self.case(name, path, store, host, at),
            ["ask", name] => self.ask(name),
            ["run", name, num] => self.run(name, num),
            ["parse", name, num] => self.parse(name, num),
            _ => Err("no such command".into()),
        }
    }
}

fn word(accepted: usize, all: usize) -> &'static str {
    match accepted {
        0 => "refuse",
        _ if accepted == all => "accept",
        _ => "mixed",
    }
}

/// The version that Cargo.lock has of a crate.
fn locked(name: &str) -> &'static str {
    let entry = format!("name = \"{name}\"\nversion = \"");
    include_str!("../Cargo.lock")
        .split_once(&entry)
        .and_then(|(_, rest)| rest.split_once('"'))
        .map_or("?", |(version, _)| version)
}

fn main() -> Result<(), Failure> {
    let provider = std::env::args().nth(1).unwrap_or_default();
    let algorithms = match provider.as_str() {
        "ring" => RING,
        "aws-lc-rs" => AWS_LC_RS,
        _ => return Err("the argument is ring or aws-lc-rs".into()),
    };
    let mut server = Server {
        algorithms,
        version: format!(
            "rustls-webpki {}, {provider} {}",
            locked("rustls-webpki"),
            locked(&provider)
        ),
        stores: HashMap::new(),
        cases: HashMap::new(),
    };
    for line in io::stdin().lock().lines() {
        let line = line?;
        let fields: Vec<_> = line.split_whitespace().collect();
        let answer = server
            .answer(&fields)
            .unwrap_or_else(|error| format!("cannot {error}"));
        println!("{}", answer.replace('\n', " "));
        io::stdout().flush()?;
    }
    Ok(())
}
