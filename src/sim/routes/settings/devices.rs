//! `/api/v1/devices`, which only Identity Engine has.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;

use crate::sim::error::ApiError;
use crate::sim::page::{self, Answer, Asked};
use crate::sim::render;
use crate::sim::render::device::Owners;
use crate::sim::search::devices::Query;
use crate::sim::service::Service;
use crate::sim::world::World;
use crate::sim::world::device::Device;

/// The routes of devices.
pub fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/api/v1/devices", get(list))
        .route("/api/v1/devices/{device}", get(one))
        .route("/api/v1/devices/{device}/users", get(users))
}

fn named(world: &World, id: &str) -> Result<Device, ApiError> {
    world
        .device_by_id(id)
        .ok_or_else(|| ApiError::not_found(id, "Device"))
}

async fn list(State(service): State<Arc<Service>>, asked: Asked) -> Answer {
    service.must_be_identity_engine()?;
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let limit = asked.limit(200, 200)?;
    let query = match asked.get("search") {
        Some(text) => Some(Query::search(text)?),
        None => None,
    };
    let owners = match asked.get("expand") {
        Some("user") => Owners::Full,
        Some("userSummary") => Owners::Summary,
        _ => Owners::None,
    };
    let start = asked.start(|cursor| world.device_place(cursor))?;
    let devices = world.devices_from(start).filter(|device| {
        query
            .as_ref()
            .is_none_or(|query| query.matches(&world, device))
    });
    let write = |out: &mut String, device: Device| {
        render::device::write(view, out, &device, owners);
    };
    Ok(asked.list(limit, devices, Device::id, write))
}

async fn one(State(service): State<Arc<Service>>, Path(id): Path<String>, asked: Asked) -> Answer {
    service.must_be_identity_engine()?;
    let world = service.org.world();
    let device = named(&world, &id)?;
    let mut body = String::new();
    render::device::write_with_providers(service.view(&world, &asked), &mut body, &device);
    Ok(page::json(body))
}

async fn users(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Answer {
    service.must_be_identity_engine()?;
    let world = service.org.world();
    let view = service.view(&world, &asked);
    let device = named(&world, &id)?;
    Ok(asked.all([device], |out, device| {
        render::device::write_owner(view, out, &device, Owners::Full);
    }))
}
