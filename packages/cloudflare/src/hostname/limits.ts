/** Certificates that one zone's hostname store holds. Source: operation text of the certificate upload. */
export const certificatesPerZone = 10;

/** Hostnames that one certificate takes. Source: operation text of the association write. */
export const hostnamesPerCertificate = 100;

/**
 * Hostnames that go into one write of associations. Cloudflare documents no size; a hundred is what one certificate takes,
 * so a rollout of one certificate is one call. A list that is refused as too long is halved.
 */
export const associationsPerCall = 100;
