/** Tools that make and keep what handfast changes too, and leave tags by which they are known. */
export const toolNames = [
  "AWS CloudFormation",
  "AWS Load Balancer Controller",
  "Crossplane",
  "OpenTofu",
  "Pulumi",
  "Terraform",
] as const;
export type ToolName = (typeof toolNames)[number];

/** A tool, as far as tags tell of it. */
export interface TaggedTool {
  readonly tool: ToolName;
  /** What of the tool's a resource belongs to, where a tag says so: a stack, an Ingress. */
  readonly name?: string | undefined;
}

/**
 * The tool that says by its tags that it manages a resource. CloudFormation and the controller always tag what they make
 * ("Resource tags" of the CloudFormation guide; "Resource Tags" of the controller's Ingress annotations); of the others
 * only what people make them tag can be known.
 */
export function toolBy(tags: Readonly<Record<string, string>> = {}): TaggedTool | undefined {
  const stack = tags["aws:cloudformation:stack-name"];
  if (stack !== undefined) return { tool: "AWS CloudFormation", name: `stack ${stack}` };
  const ingress = tags["ingress.k8s.aws/stack"];
  if (ingress !== undefined) return { tool: "AWS Load Balancer Controller", name: `Ingress ${ingress}` };
  const gateway = tags["gateway.k8s.aws.alb/stack"];
  if (gateway !== undefined) return { tool: "AWS Load Balancer Controller", name: `Gateway ${gateway}` };
  for (const [key, value] of Object.entries(tags)) {
    if (key.startsWith("aws:cloudformation:")) return { tool: "AWS CloudFormation" };
    if (/^(ingress|service|gateway|elbv2)\.k8s\.aws(\.alb)?\//.test(key))
      return { tool: "AWS Load Balancer Controller" };
    const said = /^(managed[-_ ]?by|created[-_ ]?by|provisioner|iac)$/i.test(key) ? value : key;
    const word = /terraform|opentofu|pulumi|crossplane/i.exec(said)?.[0].toLowerCase();
    const tool = toolNames.find((name) => name.toLowerCase() === word);
    if (tool !== undefined) return { tool };
  }
  return undefined;
}

/** What each tool does to what somebody else set: `what` is the setting, `where` what it belongs to. */
export function undoingBy(tool: ToolName, what: string, where: string): string {
  switch (tool) {
    case "AWS CloudFormation":
      return `drift detection will report this run, and the next stack update that touches the ${where} writes back what the template says`;
    case "AWS Load Balancer Controller":
      return "whenever it reconciles, in the middle of this run too, it sets the port to what the cluster says";
    case "Crossplane":
      return "it reconciles all the time, in the middle of this run too, to what spec.forProvider says";
    default:
      return `it sets ${what} back to what its code says when it is applied next`;
  }
}
