//! Accepts connections and ends well: a cap on connections, a time for the head of each request, and at the
//! end every request in flight is finished, within a deadline. Knows nothing of routes.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower::Service as _;

use crate::config::Http;

/// hyper refuses a smaller buffer.
const SMALLEST_HEAD: usize = 8192;

/// Serves `app` until `stop`, then finishes what is in flight. How many connections had to be cut.
pub async fn serve(listener: TcpListener, app: Router, settings: &Http, stop: CancellationToken) -> usize {
    let graceful = GracefulShutdown::new();
    let free = Arc::new(Semaphore::new(settings.connections.clamp(1, Semaphore::MAX_PERMITS)));
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(settings.header_read_timeout())
        .max_buf_size(settings.header_bytes.max(SMALLEST_HEAD));
    while let Some((stream, permit)) = next(&listener, &free, &stop).await {
        let app = app.clone();
        // A router is always ready.
        let service = hyper::service::service_fn(move |request: Request<Incoming>| {
            app.clone().call(request.map(Body::new))
        });
        let connection = graceful.watch(builder.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection ended early");
            }
            drop(permit);
        });
    }
    drop(listener);
    tracing::info!(connections = graceful.count(), "stopping; requests in flight are finished");
    tokio::select! {
        () = graceful.shutdown() => 0,
        () = tokio::time::sleep(settings.shutdown_timeout()) => {
            settings.connections.saturating_sub(free.available_permits())
        }
    }
}

/// The next connection, once there is room for it; nothing when it is time to stop.
async fn next(
    listener: &TcpListener,
    free: &Arc<Semaphore>,
    stop: &CancellationToken,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    loop {
        let permit = tokio::select! {
            () = stop.cancelled() => return None,
            permit = Arc::clone(free).acquire_owned() => permit.ok()?,
        };
        let accepted = tokio::select! {
            () = stop.cancelled() => return None,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                // Answers are written whole; without this the last packet waits for the client's acknowledgement.
                let _ = stream.set_nodelay(true);
                return Some((stream, permit));
            }
            Err(error) => {
                // Mostly too many open files: trying again at once would only burn the processor.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}
