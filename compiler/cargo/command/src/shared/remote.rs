//! Where a store is: a directory that is served by HTTP, a bucket of an S3 server, or a directory of this machine.

use std::io::Read;
use std::sync::OnceLock;
use std::time::Duration;

use rusty_s3::{Bucket, S3Action as _, UrlStyle};
use ureq::http::Request;
use ureq::http::header::AUTHORIZATION;

use super::credentials::{Credentials, variable};
use super::files::Files;
use super::settings::SharedSettings;
use super::transport::{Answer, MAKE_DIRECTORY, Transport, Trouble};

/// How long a signature of an S3 request is valid, for clocks that differ.
const VALID: Duration = Duration::from_secs(300);

/// The content of a whole module is no text.
const TYPE: &str = "application/octet-stream";

pub(super) struct Remote {
    transport: Transport,
    place: Place,
    /// Why it is asked nothing any more.
    trouble: OnceLock<Trouble>,
}

enum Place {
    Directory { base: String, authorization: Option<String> },
    Bucket { bucket: Box<Bucket>, prefix: String, credentials: Option<rusty_s3::Credentials> },
    Files(Files),
}

impl Remote {
    /// The store of checked settings.
    pub(super) fn new(settings: &SharedSettings) -> Result<Remote, Trouble> {
        let url = settings.address().unwrap_or_default().trim_end_matches('/');
        if let Some(files) = Files::of(url) {
            let transport = Transport::new(settings, false);
            return Ok(Remote { transport, place: Place::Files(files), trouble: OnceLock::new() });
        }
        let credentials = Credentials::find(settings).map_err(Trouble)?;
        let (place, address) = match url.strip_prefix("s3://") {
            Some(rest) => {
                let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
                let bucket = bucket_of(settings, bucket).map_err(Trouble)?;
                let address = bucket.base_url().to_string();
                let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
                (Place::Bucket { bucket: Box::new(bucket), prefix, credentials: credentials.s3() }, address)
            }
            None => {
                let authorization = credentials.authorization();
                if authorization.is_some() && !is_private(url) {
                    return Err(Trouble("credentials are sent by `https` only".to_owned()));
                }
                (Place::Directory { base: url.to_owned(), authorization }, url.to_owned())
            }
        };
        let transport = Transport::new(settings, address.starts_with("https://"));
        Ok(Remote { transport, place, trouble: OnceLock::new() })
    }

    /// Why it is of no use, if that is known.
    pub(super) fn trouble(&self) -> Option<&Trouble> {
        self.trouble.get()
    }

    /// Notes that it is of no use.
    pub(super) fn give_up(&self, trouble: Trouble) -> Trouble {
        self.trouble.get_or_init(|| trouble).clone()
    }

    /// What is there. Nothing if nothing is.
    pub(super) fn get(&self, path: &str) -> Result<Option<Box<dyn Read>>, Trouble> {
        if let Place::Files(files) = &self.place {
            let file = self.unless_given_up(|| files.get(path))?;
            return Ok(file.map(|file| Box::new(file) as Box<dyn Read>));
        }
        Ok(match self.send(path, "GET", None)? {
            Answer::There(body) => Some(Box::new(body.into_reader())),
            Answer::Nothing(_) => None,
        })
    }

    /// Whether something is there.
    pub(super) fn has(&self, path: &str) -> Result<bool, Trouble> {
        if let Place::Files(files) = &self.place {
            return Ok(self.unless_given_up(|| files.get(path))?.is_some());
        }
        Ok(matches!(self.send(path, "HEAD", None)?, Answer::There(_)))
    }

    pub(super) fn put(&self, path: &str, bytes: &[u8]) -> Result<(), Trouble> {
        if let Place::Files(files) = &self.place {
            return self.unless_given_up(|| files.put(path, bytes));
        }
        if let Answer::There(_) = self.send(path, "PUT", Some(bytes))? {
            return Ok(());
        }
        // Some servers make no directories by themselves.
        if let Place::Directory { .. } = &self.place {
            for (end, _) in path.match_indices('/') {
                self.send(&path[..=end], MAKE_DIRECTORY, None)?;
            }
        }
        match self.send(path, "PUT", Some(bytes))? {
            Answer::There(_) => Ok(()),
            Answer::Nothing(status) => Err(self
                .give_up(Trouble(format!("it stores nothing at this address ({status}); does the directory exist?")))),
        }
    }

    fn send(&self, path: &str, method: &'static str, body: Option<&[u8]>) -> Result<Answer, Trouble> {
        self.unless_given_up(|| self.transport.send(|| self.request(path, method), body))
    }

    /// What comes of `act`, unless it is asked nothing any more. It is asked nothing any more after trouble.
    fn unless_given_up<T>(&self, act: impl FnOnce() -> Result<T, Trouble>) -> Result<T, Trouble> {
        match self.trouble() {
            Some(trouble) => Err(trouble.clone()),
            None => act().map_err(|trouble| self.give_up(trouble)),
        }
    }

    fn request(&self, path: &str, method: &str) -> Result<Request<()>, String> {
        let mut request = Request::builder().method(method);
        match &self.place {
            Place::Directory { base, authorization } => {
                request = request.uri(format!("{base}/{path}"));
                if let Some(authorization) = authorization {
                    request = request.header(AUTHORIZATION, authorization);
                }
            }
            Place::Bucket { bucket, prefix, credentials } => {
                let (object, credentials) = (format!("{prefix}{path}"), credentials.as_ref());
                let url = match method {
                    "GET" => bucket.get_object(credentials, &object).sign(VALID),
                    "HEAD" => bucket.head_object(credentials, &object).sign(VALID),
                    _ => bucket.put_object(credentials, &object).sign(VALID),
                };
                request = request.uri(url.as_str());
            }
            Place::Files(_) => {}
        }
        if method == "PUT" {
            request = request.header("content-type", TYPE);
        }
        // The error would show what was wrong with a header, which is a secret.
        request.body(()).map_err(|_| "its address or the credentials cannot be put into a request".to_owned())
    }
}

fn bucket_of(settings: &SharedSettings, name: &str) -> Result<Bucket, String> {
    let first =
        |given: &Option<String>, names: [&str; 2]| given.clone().or_else(|| names.into_iter().find_map(variable));
    let region =
        first(&settings.region, ["AWS_REGION", "AWS_DEFAULT_REGION"]).unwrap_or_else(|| "us-east-1".to_owned());
    let endpoint = first(&settings.endpoint, ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]);
    // Only Amazon's names of hosts begin with those of buckets without more ado, and their certificate is for names without a dot.
    let style = if endpoint.is_none() && !name.contains('.') { UrlStyle::VirtualHost } else { UrlStyle::Path };
    let endpoint = endpoint.unwrap_or_else(|| format!("https://s3.{region}.amazonaws.com"));
    let wrong = |_| "the endpoint or the bucket's name is not an address".to_owned();
    let endpoint = endpoint.parse().map_err(|_| "the endpoint is not an address".to_owned())?;
    Bucket::new(endpoint, style, name.to_owned(), region).map_err(wrong)
}

/// Whether nobody on the way can read what is sent there.
fn is_private(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return true };
    let host = rest.split('/').next().unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_in_the_clear_goes_nowhere_else() {
        // Whoever listens on the way would have the password.
        for private in ["https://example.org/x", "http://127.0.0.1:8080/x", "http://localhost", "http://[::1]:1"] {
            assert!(is_private(private), "{private}");
        }
        for open in ["http://example.org", "http://127.0.0.1.example.org/", "http://localhost.example.org:80/"] {
            assert!(!is_private(open), "{open}");
        }
    }

    #[test]
    fn a_bucket_is_below_its_endpoint() {
        // A server of one's own has no host for each bucket.
        let settings = |endpoint: Option<&str>| SharedSettings {
            endpoint: endpoint.map(str::to_owned),
            region: Some("eu-west-1".into()),
            ..SharedSettings::default()
        };
        let url = |settings: &SharedSettings, name| bucket_of(settings, name).unwrap().base_url().to_string();
        assert_eq!(url(&settings(Some("http://127.0.0.1:9000")), "b"), "http://127.0.0.1:9000/b/");
        assert_eq!(url(&settings(None), "b"), "https://b.s3.eu-west-1.amazonaws.com/");
        assert_eq!(url(&settings(None), "b.c"), "https://s3.eu-west-1.amazonaws.com/b.c/");
    }
}
