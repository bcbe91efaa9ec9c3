import type { Query } from "../query/query.ts";
import { readBundle } from "./bundle.ts";
import {
  arnOf,
  checkArn,
  copyObject,
  type Elbv2Call,
  type Elbv2Result,
  findStore,
  isVisible,
  pageOf,
} from "./call.ts";
import { listenersUsing, type TrustStore, withEntry, withoutEntry } from "./models.ts";
import { refuse } from "./refusals.ts";
import { readTags } from "./tags.ts";

/** CreateTrustStore. */
export function createTrustStore(call: Elbv2Call): Elbv2Result {
  const { query, models, settings, now } = call;
  const name = query.required("Name");
  if (name.length > 32 || !/^([a-zA-Z0-9]+-)*[a-zA-Z0-9]+$/.test(name)) {
    throw refuse("ValidationError", `The trust store name '${name}' is not valid`);
  }
  const tags = readTags(query, settings.quotas.tags) ?? {};
  const own = [...models.now().stores.values()].filter(({ owner }) => owner === settings.accountId);
  if (own.some((store) => store.name === name)) {
    throw refuse("DuplicateTrustStoreName", `A trust store with the name '${name}' already exists`);
  }
  if (own.length >= settings.quotas.trustStores) {
    throw refuse("TooManyTrustStores", "The maximum number of trust stores has been reached");
  }
  const bundle = copyBundle(call);
  const store: TrustStore = {
    ...bundle,
    arn: arnOf(settings, `truststore/${name}/${models.nextId()}`),
    name,
    owner: settings.accountId,
    visibleAt: now + settings.lags.visible,
    activeAt: now + settings.lags.active,
    revocations: [],
    crls: [],
    nextRevocationId: 1,
    heldUntil: 0,
    shared: false,
    tags,
  };
  models.write({ stores: withEntry(models.now().stores, store.arn, store) });
  return { TrustStores: [describe(store, now)] };
}

/** DescribeTrustStores. */
export function describeTrustStores(call: Elbv2Call): Elbv2Result {
  const { query, view } = call;
  const arns = query.list("TrustStoreArns") ?? [];
  const names = query.list("Names") ?? [];
  if (arns.length > 0 && names.length > 0) {
    throw refuse(
      "ValidationError",
      "Trust store names and trust store ARNs cannot be specified at the same time",
    );
  }
  let stores = [...view.stores.values()].filter((store) => isVisible(call, store));
  if (arns.length > 0) stores = arns.map((arn) => findStore(call, arn, "read"));
  if (names.length > 0) {
    stores = names.map((name) => {
      const store = stores.find((candidate) => candidate.name === name);
      if (store === undefined)
        throw refuse("TrustStoreNotFound", `One or more trust stores not found: '${name}'`);
      return store;
    });
  }
  const { page, next } = pageOf(query, stores, ({ arn }) => arn);
  return { TrustStores: page.map((store) => describe(store, call.now)), NextMarker: next };
}

/** ModifyTrustStore: another bundle, whole. */
export function modifyTrustStore(call: Elbv2Call): Elbv2Result {
  const { query, models, settings, now } = call;
  const store = findStore(call, query.required("TrustStoreArn"), "write");
  const modified = {
    ...store,
    ...copyBundle(call),
    activeAt: Math.max(store.activeAt, now + settings.lags.activeAgain),
  };
  models.write({ stores: withEntry(models.now().stores, store.arn, modified) });
  return { TrustStores: [describe(modified, now)] };
}

/** DeleteTrustStore. */
export function deleteTrustStore(call: Elbv2Call): Elbv2Result {
  const { query, models, now } = call;
  const store = findStore(call, query.required("TrustStoreArn"), "write");
  if (listenersUsing(models.now(), store.arn).length > 0 || now < store.heldUntil) {
    throw refuse("TrustStoreInUse", `Trust store '${store.arn}' is currently in use by a listener`);
  }
  models.write({ stores: withoutEntry(models.now().stores, store.arn) });
  return {};
}

/** GetTrustStoreCaCertificatesBundle. */
export function getTrustStoreCaCertificatesBundle(call: Elbv2Call): Elbv2Result {
  const store = findStore(call, call.query.required("TrustStoreArn"), "read");
  return { Location: call.publish(store.bundle.bytes, `${store.name}/ca-certificates-bundle.pem`) };
}

/** DescribeTrustStoreAssociations. */
export function describeTrustStoreAssociations(call: Elbv2Call): Elbv2Result {
  const store = findStore(call, call.query.required("TrustStoreArn"), "read");
  const { page, next } = pageOf(call.query, listenersUsing(call.view, store.arn), ({ arn }) => arn);
  return { TrustStoreAssociations: page.map(({ arn }) => ({ ResourceArn: arn })), NextMarker: next };
}

/** DeleteSharedTrustStoreAssociation: only the owner may, and only where another account's listener is. */
export function deleteSharedTrustStoreAssociation(call: Elbv2Call): Elbv2Result {
  const store = findStore(call, call.query.required("TrustStoreArn"), "write");
  const resource = checkArn(call.query.required("ResourceArn"), "listener");
  if (listenersUsing(call.models.now(), store.arn).some(({ arn }) => arn === resource)) {
    throw refuse(
      "DeleteAssociationSameAccount",
      "The specified association can't be within the same account",
    );
  }
  throw refuse("AssociationNotFound", `The association of '${resource}' with '${store.arn}' was not found`);
}

/** GetResourcePolicy: no store of ours is shared, so none has a policy. */
export function getResourcePolicy({ query }: Elbv2Call): Elbv2Result {
  throw refuse("ResourceNotFound", `No resource policy was found for '${query.required("ResourceArn")}'`);
}

function describe(store: TrustStore, now: number): Elbv2Result {
  return {
    Name: store.name,
    TrustStoreArn: store.arn,
    Status: store.activeAt <= now ? "ACTIVE" : "CREATING",
    NumberOfCaCertificates: store.anchors.length,
    TotalRevokedEntries: store.revocations.reduce((sum, { entries }) => sum + entries, 0),
  };
}

function copyBundle(call: Elbv2Call): Pick<TrustStore, "bundle" | "anchors"> {
  const bundle = copyObject(call, bundleLocation(call.query), "CaCertificatesBundleNotFound");
  return { bundle, anchors: readBundle(bundle.bytes, call.settings.quotas) };
}

function bundleLocation(query: Query) {
  return {
    bucket: query.required("CaCertificatesBundleS3Bucket"),
    key: query.required("CaCertificatesBundleS3Key"),
    version: query.text("CaCertificatesBundleS3ObjectVersion"),
  };
}
