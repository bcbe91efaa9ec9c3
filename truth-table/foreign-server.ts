import type { ProbeShows } from "@handfast/pki";

export type Version = "TLSv1.2" | "TLSv1.3";
export const versions: readonly Version[] = ["TLSv1.2", "TLSv1.3"];

/** What is spoken once the connection stands. */
export type Protocol = "HTTP/1.1" | "HTTP/2";

/** The rows of a table, in order. */
export const allShows: readonly ProbeShows[] = [
  "none",
  "ours",
  "old",
  "stranger",
  "expired",
  "revoked",
  "serverAuthOnly",
];

/** One way in which a server can treat client certificates, and what its documentation says of it. */
export interface ServerMode {
  /** As the server's own configuration calls it. */
  readonly name: string;
  /** Whether it asks for a certificate. */
  readonly asks: boolean;
  /** Who is served; all others are refused. By hand, from the documentation that the comment names. */
  readonly serves: readonly ProbeShows[];
  /** Who is served once there is a CRL. */
  readonly servesWithCrl: readonly ProbeShows[];
}

/** A mode, with a CRL or without, on a port of its own. */
export interface Endpoint {
  readonly mode: ServerMode;
  readonly crl: boolean;
  readonly port: number;
}

/** Where a server is set up: files made before it is started, all in one folder. */
export interface Site {
  /** Its own folder, for configuration, logs and whatever it writes. */
  readonly folder: string;
  /** PEM of the CA that clients are verified by. */
  readonly ca: string;
  /** PEM of the CRL of that CA. */
  readonly crl: string;
  /** PEM of the server's own certificate, of its key, and of both in one file. */
  readonly certificate: string;
  readonly key: string;
  readonly certificateAndKey: string;
  /** Port of the application that everybody who is let in gets to, in plain HTTP on 127.0.0.1. */
  readonly application: number;
  /** What the application answers with. */
  readonly answer: string;
}

/** A process to be started. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** A server that others wrote, as Debian packs it. */
export interface ForeignServer {
  readonly name: string;
  /** The program, on the path or in /usr/sbin. */
  readonly program: string;
  /** The argument that makes it say its version and end. */
  readonly versionFlag: string;
  readonly modes: readonly ServerMode[];
  /** What it speaks as it is configured here. */
  readonly protocols: readonly Protocol[];
  /** Whether it serves by itself and writes so to its log, having no application behind it. */
  readonly servesItself: boolean;
  /** Writes its configuration, and says what to start. */
  configure(site: Site, endpoints: readonly Endpoint[]): Promise<readonly Command[]>;
}

/** Whom an endpoint should serve. */
export function servedAt({ mode, crl }: Endpoint): readonly ProbeShows[] {
  return crl ? mode.servesWithCrl : mode.serves;
}
