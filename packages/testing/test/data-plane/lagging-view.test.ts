import { expect, test } from "vitest";
import { laggingView } from "../../src/data-plane/lagging-view.ts";
import { handMade, handTurned } from "./hand-made-sources.ts";

test("laggingView takes changes over in their order, also when a later one travels faster", () => {
  const clock = handTurned();
  const source = handMade("a");
  const lags = [100, 10, 50];
  const view = laggingView(source, clock, () => lags.shift() ?? 0);
  const seen = [view.current()];
  for (const value of ["b", "c", "d"]) source.set(value);
  for (let turn = 0; turn < 4; turn += 1) {
    clock.turn(turn === 3 ? 1 : 33);
    seen.push(view.current());
  }
  expect(seen).toEqual(["a", "a", "a", "a", "d"]);
  expect(view.pending()).toBe(0);
});

test("laggingView has a change without lag at once, and none after it was closed", () => {
  const source = handMade(1);
  const view = laggingView(source, handTurned(), () => 0);
  source.set(2);
  expect(view.current()).toBe(2);
  view.close();
  source.set(3);
  expect(view.current()).toBe(2);
});
