/** Which installation of the CA's Terraform module. */
export interface Installation {
  /** The module's variable `project`. */
  readonly project: string;
  /** The module's variable `env`. */
  readonly environment: string;
  /** The module's variable `prod_envs`: environments whose objects have no suffix. */
  readonly productionEnvironments: readonly string[];
}

/** Names that the module gives to what it makes. */
export interface CaNames {
  readonly function: string;
  readonly bundle: string;
  /** DER. */
  readonly rootCrl: string;
  /** DER. */
  readonly issuingCrl: string;
}

/** The names, as the module makes them from its variables (docs/discoveries/serverless-ca.md). */
export function namesOf({ project, environment, productionEnvironments }: Installation): CaNames {
  const suffix = productionEnvironments.includes(environment) ? "" : `-${environment}`;
  return {
    function: `${project}-tls-cert-${environment}`,
    bundle: `${project}-ca-bundle${suffix}.pem`,
    rootCrl: `${project}-root-ca${suffix}.crl`,
    issuingCrl: `${project}-issuing-ca${suffix}.crl`,
  };
}
