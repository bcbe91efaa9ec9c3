/** A certificate as a list names it. */
export interface CertificateRecord {
  readonly arn: string;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** When it was imported; milliseconds since the epoch. */
  readonly importedAt: number;
  /** Whether any resource refers to it. */
  readonly inUse: boolean;
}

/** What can be read back of a certificate: all but its key, as PEM. */
export interface CertificateText {
  readonly certificate: string;
  /** Empty when there is none. */
  readonly chain: string;
}

/** A certificate to be imported. All of it is PEM. */
export interface NewCertificate extends CertificateText {
  /** Never stored or logged. */
  readonly privateKey: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** A record that shows control of a domain, as ACM asks for it. */
export interface ValidationRecord {
  readonly domain: string;
  readonly name: string;
  readonly type: string;
  readonly value: string;
}

/** What a description tells of a certificate. */
export interface CertificateDescription {
  /** `PENDING_VALIDATION`, `ISSUED`, `FAILED`, … (ACM API `CertificateDetail`). */
  readonly status: string;
  readonly failureReason?: string | undefined;
  /** ARNs of what refers to it. */
  readonly users: readonly string[];
  /** Domain names that are to be validated; without a record while ACM makes one. */
  readonly domains: readonly { readonly domain: string; readonly record?: ValidationRecord | undefined }[];
}

/** A certificate to be requested. */
export interface RequestedCertificate {
  readonly domain: string;
  readonly alternatives: readonly string[];
  readonly keyAlgorithm: "RSA_2048" | "EC_prime256v1" | "EC_secp384r1";
  readonly tags: Readonly<Record<string, string>>;
  /** The same token within an hour asks for the same certificate. */
  readonly token: string;
}

/**
 * The few calls on ACM that are needed. Every one throws a `HandfastError` whose `details.provider.code` is the service's
 * own code without `Exception`, e.g. `ResourceInUse`. A quota (`LimitExceeded`) is told at once.
 */
export interface Certificates {
  /** Imported certificates for client authentication, of every key type. */
  imported(signal: AbortSignal): Promise<readonly CertificateRecord[]>;
  /** @throws HandfastError `REMOTE_CONFLICT` with provider code `RequestInProgress` while nothing is issued */
  read(arn: string, signal: AbortSignal): Promise<CertificateText>;
  describe(arn: string, signal: AbortSignal): Promise<CertificateDescription>;
  tags(arn: string, signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
  /**
   * Imports under a new ARN, which it answers with. The service knows no idempotency token, so this is tried once: two
   * tries may make two certificates.
   */
  import(certificate: NewCertificate, signal: AbortSignal): Promise<string>;
  /** @throws HandfastError `REMOTE_CONFLICT` with provider code `ResourceInUse` while something refers to it */
  delete(arn: string, signal: AbortSignal): Promise<void>;
  /** Requests a public certificate, to be validated by DNS; answers with its ARN. */
  request(certificate: RequestedCertificate, signal: AbortSignal): Promise<string>;
}
