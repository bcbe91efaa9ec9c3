import { expect, it } from "vitest";
import { symptomsPage } from "./symptoms-page.ts";

it("docs/symptoms.md shows the tables as they are; `vitest run <this file> --update` writes it", async () => {
  await expect(symptomsPage()).toMatchFileSnapshot("../../../../docs/symptoms.md");
});
