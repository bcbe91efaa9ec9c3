/**
 * The simulated providers and their data plane, until Ctrl-C: for clients in any language. Prints where everything is.
 */
import { hostname, makePki, startStack } from "./stack.ts";

const stack = await startStack(await makePki("ec"), { speed: 1 });
const { endpoints, credentials, balancer, edge, pki } = stack;
const lines = [
  `S3             ${endpoints.s3}  (bucket ${stack.bucket}, path style)`,
  `ELBv2          ${endpoints.elbv2}`,
  `Cloudflare     ${endpoints.cloudflare}`,
  "",
  `AWS region     ${stack.region}`,
  `AWS keys       ${credentials.accessKeyId} ${credentials.secretAccessKey}`,
  `listener       ${stack.listener}`,
  `Cloudflare     token ${stack.token}, zone ${stack.zone}`,
  "",
  `load balancer  https://${balancer.front.host}:${balancer.front.port}`,
  `edge           https://${edge.front.host}:${edge.front.port}`,
  `  curl --resolve ${hostname}:${edge.front.port}:${edge.front.host} --insecure https://${hostname}:${edge.front.port}/`,
  "",
  "These keys and tokens are good for this process only. The site's own CA:",
  pki.site.certificate.pem,
  "Ctrl-C ends it.",
];
process.stdout.write(`${lines.join("\n")}\n`);
await new Promise<void>((resolve) => {
  const end = (): void => resolve();
  process.once("SIGINT", end).once("SIGTERM", end);
});
await stack.close();
