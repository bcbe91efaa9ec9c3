import type { Component } from "./components.ts";
import type { Graph, States } from "./graph.ts";
import type { Baseline } from "./guard.ts";

/** Where a path leads from and to. The graph and the states are those of the component alone. */
export interface Journey {
  readonly graph: Graph;
  readonly component: Component;
  readonly baseline: Baseline;
  readonly start: States;
  readonly goal: States;
  /** The goal was in effect once: what can't be read there is taken as it was. */
  readonly goalIsImage: boolean;
}
