/** Of which installation of the CA's Terraform module. */
export interface Installation {
  /** Terraform's `project`. */
  readonly project: string;
  /** Terraform's `env`. */
  readonly environment: string;
}

/** Names of resources and objects of one installation. */
export interface ObjectNames {
  /** Of the root's certificate and CRL, without what follows the dot. */
  readonly root: string;
  readonly issuing: string;
  readonly bundle: string;
  readonly function: string;
  readonly bucket: string;
}

/** The names that the module gives: CAs and objects of production have no suffix, function and bucket have one always. */
export function objectNames({ project, environment }: Installation): ObjectNames {
  const suffix = ["prd", "prod"].includes(environment) ? "" : `-${environment}`;
  return {
    root: `${project}-root-ca${suffix}`,
    issuing: `${project}-issuing-ca${suffix}`,
    bundle: `${project}-ca-bundle${suffix}.pem`,
    function: `${project}-tls-cert-${environment}`,
    bucket: `${project}-ca-external-${environment}-k1kdp`,
  };
}
