import { readCaBundle } from "../ca-bundle.ts";
import type { XmlElement } from "../rest-xml/element.ts";
import type { RestXmlAnswer, RestXmlCall } from "../rest-xml/route.ts";
import { withEntry } from "../state.ts";
import type { XmlValue } from "../xml.ts";
import { type StoreChange, type StoreContent, type TrustStore, usersOf } from "./models.ts";
import { checkIfMatch, refuse } from "./refusals.ts";
import { readTags } from "./tags.ts";
import { contentOf, isReadable, statusOf } from "./trust-store-status.ts";
import { answer, pageOf, time } from "./wire.ts";
import { type CloudfrontWorld, viewOf } from "./world.ts";

/** CreateTrustStore. */
export function createTrustStore(world: CloudfrontWorld, call: RestXmlCall): RestXmlAnswer {
  const { models, settings } = world;
  const body = call.root("CreateTrustStoreRequest");
  const name = body.required("Name");
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
    throw refuse("InvalidArgument", `The trust store name '${name}' is not valid.`);
  }
  const tags = readTags(body.child("Tags"), settings.quotas.tags);
  const readable = [...models.now().trustStores.values()].filter((store) =>
    isReadable(world, store, call.now),
  );
  if (readable.some((store) => store.name === name)) {
    throw refuse("EntityAlreadyExists", `A trust store with the name '${name}' already exists.`);
  }
  if (readable.length >= settings.quotas.trustStores) {
    throw refuse("EntityLimitExceeded", "The maximum number of trust stores has been reached.");
  }
  const id = `ts_${models.nextToken()}`;
  const ocsp = body.boolean("UseClientCertificateOCSPEndpoint") ?? false;
  const source = body.child("CaCertificatesBundleSource");
  if (source === undefined)
    throw refuse("InvalidArgument", "The parameter CaCertificatesBundleSource is required.");
  const store: TrustStore = {
    id,
    arn: `arn:aws:cloudfront::${settings.accountId}:trust-store/${id}`,
    name,
    settled: { anchors: [], ocsp },
    change: changeTo(world, call, { ocsp, name, ...readSource(world, call, source) }),
    deletedAt: undefined,
    tags,
  };
  models.write({ trustStores: withEntry(models.now().trustStores, id, store) });
  return describe(world, store, call.now, 201);
}

/** GetTrustStore. */
export function getTrustStore(world: CloudfrontWorld, call: RestXmlCall): RestXmlAnswer {
  const store = viewOf(world, call).trustStores.get(call.label("Identifier"));
  if (store === undefined || !isReadable(world, store, call.now)) throw notFound(call.label("Identifier"));
  return describe(world, store, call.now);
}

/** UpdateTrustStore: another bundle, another OCSP flag, or both. */
export function updateTrustStore(world: CloudfrontWorld, call: RestXmlCall): RestXmlAnswer {
  const { models } = world;
  const store = findForWrite(world, call);
  const flag = call.headers.get("useclientcertificateocspendpoint");
  if (flag !== null && flag !== "true" && flag !== "false") {
    throw refuse("InvalidArgument", "UseClientCertificateOCSPEndpoint must be true or false.");
  }
  if (flag === null && !call.hasBody) throw refuse("InvalidArgument", "There is nothing to update.");
  const wanted = store.change.failure === undefined ? store.change : store.settled;
  const read = call.hasBody
    ? readSource(world, call, call.root("CaCertificatesBundleSource"))
    : { anchors: wanted.anchors, failure: undefined };
  const updated: TrustStore = {
    ...store,
    settled: contentOf(store, call.now),
    change: changeTo(world, call, { name: store.name, ocsp: flag === "true", ...read }),
  };
  models.write({ trustStores: withEntry(models.now().trustStores, store.id, updated) });
  return describe(world, updated, call.now);
}

/** ListTrustStores. */
export function listTrustStores(world: CloudfrontWorld, call: RestXmlCall): RestXmlAnswer {
  const body = call.hasBody ? call.root("ListTrustStoresRequest") : undefined;
  const stores = [...viewOf(world, call).trustStores.values()].filter((store) =>
    isReadable(world, store, call.now),
  );
  const asked = { marker: body?.text("Marker"), maxItems: body?.text("MaxItems") };
  const { items, next } = pageOf(asked, stores, ({ id }) => id);
  const summaries = items.map((store) => {
    const { etag, UseClientCertificateOCSPEndpoint, ...rest } = fieldsOf(world, store, call.now);
    return { ...rest, ETag: etag };
  });
  return answer("ListTrustStoresResult", {
    NextMarker: next,
    TrustStoreList: summaries.length === 0 ? undefined : { TrustStoreSummary: summaries },
  });
}

/** DeleteTrustStore. */
export function deleteTrustStore(world: CloudfrontWorld, call: RestXmlCall): RestXmlAnswer {
  const { models, settings } = world;
  const store = findForWrite(world, call);
  const users = usersOf(models.now(), "trustStore", store.id, { now: call.now, held: settings.lags.held });
  if (users.length > 0) {
    throw refuse("CannotDeleteEntityWhileInUse", `The trust store ${store.id} is in use by a distribution.`);
  }
  const deleted = { ...store, deletedAt: call.now };
  models.write({ trustStores: withEntry(models.now().trustStores, store.id, deleted) });
  return { status: 204 };
}

function findForWrite(world: CloudfrontWorld, call: RestXmlCall): TrustStore {
  const store = world.models.now().trustStores.get(call.label("Id"));
  if (store === undefined || store.deletedAt !== undefined) throw notFound(call.label("Id"));
  checkIfMatch(call, statusOf(world, store, { now: call.now, seen: false }).etag);
  return store;
}

function notFound(id: string): Error {
  return refuse("EntityNotFound", `The trust store ${id} does not exist.`);
}

/** @throws AwsRefused InvalidArgument, EntityNotFound, AccessDenied */
function readSource(
  { readObject, settings }: CloudfrontWorld,
  { caller }: RestXmlCall,
  source: XmlElement,
): Pick<StoreChange, "anchors" | "failure"> {
  const at = source.child("CaCertificatesBundleS3Location");
  if (at === undefined)
    throw refuse("InvalidArgument", "The parameter CaCertificatesBundleS3Location is required.");
  const place = {
    bucket: at.required("Bucket"),
    key: at.required("Key"),
    region: at.required("Region"),
    version: at.text("Version"),
  };
  if (!/^[a-z]{2}-[a-z]+-\d$/.test(place.region)) {
    throw refuse("InvalidArgument", `The region '${place.region}' is not valid.`);
  }
  const found = readObject(caller, place);
  const name = `s3://${place.bucket}/${place.key}`;
  if (found === "denied") throw refuse("AccessDenied", `Access denied to ${name}`);
  if (found === "missing") throw refuse("EntityNotFound", `There is no object ${name} in ${place.region}.`);
  const read = readCaBundle(found.bytes, {
    ...settings.quotas,
    subjectBytes: Number.POSITIVE_INFINITY,
    isRsaSize: (bits) => [2048, 3072, 4096].includes(bits),
    curves: ["prime256v1", "secp384r1"],
  });
  if (!("invalid" in read)) return { anchors: read.certificates, failure: undefined };
  const failure = `The CA certificates bundle is not valid: ${read.invalid}`;
  if (settings.bundlesChecked === "call") throw refuse("InvalidArgument", failure);
  return { anchors: [], failure };
}

function changeTo(
  { models, settings }: CloudfrontWorld,
  { now }: RestXmlCall,
  to: StoreContent & { readonly failure: string | undefined; readonly name: string },
): StoreChange {
  return {
    anchors: to.anchors,
    ocsp: to.ocsp,
    at: now,
    settledAt: now + settings.lags.active,
    failure: to.failure ?? settings.failing(to.name),
    etags: { before: models.nextToken(), after: models.nextToken() },
  };
}

function describe(world: CloudfrontWorld, store: TrustStore, now: number, status = 200): RestXmlAnswer {
  const { etag, ...fields } = fieldsOf(world, store, now);
  return answer("TrustStore", fields, { status, headers: { etag } });
}

function fieldsOf(world: CloudfrontWorld, store: TrustStore, now: number) {
  const { status, reason, etag } = statusOf(world, store, { now, seen: true });
  return {
    Id: store.id,
    Arn: store.arn,
    Name: store.name,
    Status: status,
    NumberOfCaCertificates: contentOf(store, now).anchors.length,
    LastModifiedTime: time(store.change.at),
    Reason: reason,
    UseClientCertificateOCSPEndpoint: store.change.ocsp,
    etag,
  } satisfies Record<string, XmlValue>;
}
