import type { RestXmlAnswer, RestXmlCall } from "../rest-xml/route.ts";
import { withEntry, withoutEntry } from "../state.ts";
import { renderXml } from "../xml.ts";
import { checkShape } from "./check-shape.ts";
import type { Behaviour, Origin } from "./config.ts";
import type { CloudfrontState, NamedConfig } from "./models.ts";
import { type CloudfrontRefusalCode, checkIfMatch, refuse } from "./refusals.ts";
import { host, time, version } from "./wire.ts";
import { type CloudfrontWorld, viewOf } from "./world.ts";

/** A kind of thing that is nothing but a configuration with a name: made, read and deleted in the same way. */
export interface NamedKind {
  readonly collection: "accessControls" | "originRequestPolicies" | "responseHeadersPolicies";
  /** The root element of an answer; that of a request ends in `Config`. */
  readonly element: string;
  /** The segment of the path. */
  readonly path: string;
  readonly missing: CloudfrontRefusalCode;
  readonly taken: CloudfrontRefusalCode;
  readonly inUse: CloudfrontRefusalCode;
  /** Whether answers say when it was changed last. */
  readonly isDated: boolean;
  /** Elements that must be there beside the name. */
  readonly required: readonly string[];
  /** The id of the one that a behaviour or origin names. */
  usedBy(part: Behaviour | Origin): string | undefined;
  /** The element of one that AWS keeps for everybody, if there is one with this id. */
  managed(id: string): string | undefined;
}

/** The `Create…` of a kind. */
export function createNamed(kind: NamedKind, { models }: CloudfrontWorld, call: RestXmlCall): RestXmlAnswer {
  const element = call.root(`${kind.element}Config`);
  checkShape(element);
  const name = element.required("Name");
  for (const member of kind.required) element.required(member);
  const existing = models.now()[kind.collection];
  if ([...existing.values()].some((other) => other.name === name)) {
    throw refuse(kind.taken, `There is a ${kind.element} with the name '${name}' already.`);
  }
  const made: NamedConfig = {
    id: models.nextToken(),
    name,
    etag: models.nextToken(),
    modifiedAt: call.now,
    xml: element.outer(),
  };
  models.write({ [kind.collection]: withEntry(existing, made.id, made) });
  return describe(kind, made, {
    status: 201,
    location: `https://${host}${version}/${kind.path}/${made.id}`,
  });
}

/** The `Get…` of a kind. */
export function getNamed(kind: NamedKind, world: CloudfrontWorld, call: RestXmlCall): RestXmlAnswer {
  const id = call.label("Id");
  const managed = kind.managed(id);
  if (managed === undefined) return describe(kind, find(kind, viewOf(world, call), id));
  return describe(kind, { id, name: "", etag: "E23ZP02F085DFQ", modifiedAt: 0, xml: managed });
}

/** The `Delete…` of a kind. */
export function deleteNamed(kind: NamedKind, { models }: CloudfrontWorld, call: RestXmlCall): RestXmlAnswer {
  const id = call.label("Id");
  if (kind.managed(id) !== undefined) throw refuse("IllegalDelete", "You cannot delete a managed policy.");
  const found = find(kind, models.now(), id);
  checkIfMatch(call, found.etag);
  const isUsed = [...models.now().distributions.values()].some(({ config }) =>
    [...config.behaviours, ...config.origins].some((part) => kind.usedBy(part) === id),
  );
  if (isUsed) throw refuse(kind.inUse, `The ${kind.element} ${id} is in use by a distribution.`);
  models.write({ [kind.collection]: withoutEntry(models.now()[kind.collection], id) });
  return { status: 204 };
}

function find(kind: NamedKind, state: CloudfrontState, id: string): NamedConfig {
  const found = state[kind.collection].get(id);
  if (found === undefined) throw refuse(kind.missing, `There is no ${kind.element} with the id ${id}.`);
  return found;
}

function describe(
  kind: NamedKind,
  { id, etag, modifiedAt, xml }: NamedConfig,
  { status = 200, location }: { readonly status?: number; readonly location?: string } = {},
): RestXmlAnswer {
  const dated = kind.isDated ? { LastModifiedTime: time(modifiedAt) } : {};
  return {
    status,
    headers: { etag, ...(location === undefined ? {} : { location }) },
    body: renderXml(kind.element, { Id: id, ...dated }, "flat").replace(
      `</${kind.element}>`,
      () => `${xml}</${kind.element}>`,
    ),
  };
}
