/** Where the story of cloudfront-viewers.ts plays: in simulated accounts, or in accounts of yours. */
import type { ACMClient } from "@aws-sdk/client-acm";
import type { ValidationRecord } from "@handfast/aws";
import type { Clock, Journal } from "@handfast/core";
import type { Address } from "@handfast/testing";
import type { Site, SiteClients } from "./site.ts";
import type { BundlePlace, ClientCertificate } from "./viewers-ca.ts";

/** How handfast reaches a service. */
export interface Reach {
  readonly endpoint?: string;
  readonly forcePathStyle?: boolean;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** A place. */
export interface Place {
  readonly name: string;
  readonly account: string;
  readonly domain: string;
  /** Buckets in us-east-1: one for the site, one for bundles that trust stores are made of. */
  readonly siteBucket: string;
  readonly trustBucket: string;
  readonly clock: Clock;
  readonly journal: Journal;
  /** For us-east-1. */
  readonly clients: SiteClients & { readonly acm: ACMClient };
  /** What handfast's adapters are given. */
  readonly reach: { readonly cloudfront: Reach; readonly s3: Reach };
  /** Where the CA of the viewers keeps its bundle. */
  readonly bundle: BundlePlace & { readonly region: string; readonly owner: string };
  /** A certificate that this CA issued. */
  readonly viewer: ClientCertificate;
  /** Told which records ACM looks for. */
  validate(certificateArn: string, records: readonly ValidationRecord[]): Promise<void>;
  /** Finds the site's edges, without the domain having to point there. */
  edge(site: Site): Promise<EdgePlace>;
  /** All that is in the accounts, where that can be told. */
  inventory(): unknown;
  close(): Promise<void>;
}

/** Where the site is served. */
export interface EdgePlace {
  readonly tls: Address;
  readonly plain: Address;
  /** PEM of the CAs that the site's own certificate may come from. */
  readonly ca: string;
}
