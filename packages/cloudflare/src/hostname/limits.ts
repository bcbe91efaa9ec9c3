/**
 * Hostnames that go into one write of associations. Cloudflare documents no size; a hundred is what one certificate takes,
 * so a rollout of one certificate is one call. A list that is refused as too long is halved.
 */
export const associationsPerCall = 100;
