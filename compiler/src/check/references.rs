//! References: what happens when the target goes, and whether the first record can ever be made.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};

use athyper_schemas::bundle::OnDelete;
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;

use super::owners::is_in_circle;
use crate::diag::{Sink, entities};
use crate::model::{FieldRef, FieldType, Model};

/// `on_delete` stands on references, and does what they allow.
pub(super) fn on_delete(model: &Model, sink: &mut Sink) {
    for field in model.entities().flat_map(|entity| entity.fields()) {
        let get = field.get();
        let Some(span) = get.places.on_delete else { continue };
        match get.ty {
            _ if get.poisoned => {}
            FieldType::Ref { on_delete: OnDelete::SetNull, .. } if get.required => {
                sink.error(entities::cannot_set_null(span, get.places.required, &get.name));
            }
            FieldType::Ref { .. } => {}
            _ => {
                sink.error(entities::on_delete_without_reference(span, &get.name));
            }
        }
    }
}

/// No circle of required references: the first record of one could never be made.
pub(super) fn can_be_inserted(model: &Model, sink: &mut Sink) {
    let mut graph: DiGraph<(), FieldRef<'_>> = DiGraph::new();
    let nodes: Vec<NodeIndex> = model.entities.ids().map(|_| graph.add_node(())).collect();
    for entity in model.entities().filter(|entity| !is_in_circle(*entity)) {
        for field in entity.fields().filter(|field| field.get().required) {
            let Some(target) = field.refers_to() else { continue };
            let ends = nodes.get(entity.id().place()).zip(nodes.get(target.id().place()));
            if let Some((from, to)) = ends {
                graph.add_edge(*from, *to, field);
            }
        }
    }
    for edge in graph.edge_references().filter(|edge| edge.source() == edge.target()) {
        report(&[*edge.weight()], sink);
    }
    graph.retain_edges(|graph, edge| graph.edge_endpoints(edge).is_some_and(|(from, to)| from != to));
    for circle in kosaraju_scc(&graph).into_iter().filter(|circle| circle.len() > 1) {
        if let Some(start) = circle.into_iter().min() {
            report(&shortest_way_round(&graph, start), sink);
        }
    }
}

/// The fewest references that lead from `start` back to it.
fn shortest_way_round<'m>(graph: &DiGraph<(), FieldRef<'m>>, start: NodeIndex) -> Vec<FieldRef<'m>> {
    let mut came: BTreeMap<NodeIndex, (NodeIndex, FieldRef<'m>)> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        let mut edges: Vec<_> = graph.edges(node).collect();
        edges.sort_by_key(|edge| edge.id());
        for edge in edges {
            let target = edge.target();
            if target == start {
                return way_back(&came, start, node, *edge.weight());
            }
            if let Entry::Vacant(place) = came.entry(target) {
                place.insert((node, *edge.weight()));
                queue.push_back(target);
            }
        }
    }
    Vec::new()
}

fn way_back<'m>(
    came: &BTreeMap<NodeIndex, (NodeIndex, FieldRef<'m>)>,
    start: NodeIndex,
    end: NodeIndex,
    last: FieldRef<'m>,
) -> Vec<FieldRef<'m>> {
    let mut way = vec![last];
    let mut at = end;
    while at != start {
        let Some((before, field)) = came.get(&at) else { break };
        way.push(*field);
        at = *before;
    }
    way.reverse();
    way
}

fn report(way: &[FieldRef<'_>], sink: &mut Sink) {
    let step = |field: &FieldRef<'_>| entities::Step {
        span: field.get().span,
        from: field.entity().name().short.to_string(),
        field: field.name().to_string(),
        to: field.refers_to().map(|target| target.name().short.to_string()).unwrap_or_default(),
    };
    let steps: Vec<entities::Step> = way.iter().map(step).collect();
    if let Some((first, rest)) = steps.split_first() {
        sink.error(entities::required_cycle(first, rest));
    }
}
