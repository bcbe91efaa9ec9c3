/** The parts of an Amazon resource name ("Amazon Resource Names (ARNs)" in the AWS general reference). */
export interface Arn {
  readonly partition: string;
  readonly service: string;
  readonly region: string;
  readonly account: string;
  /** All that follows the account, e.g. `listener/app/shop/0123456789abcdef/0123456789abcdef`. */
  readonly resource: string;
}

/**
 * Takes an ARN apart.
 *
 * @throws TypeError when the text is no ARN: callers check what comes from a user by their schemas
 */
export function parseArn(text: string): Arn {
  const [arn, partition, service, region, account, ...resource] = text.split(":");
  if (arn !== "arn" || !partition || !service || region === undefined || account === undefined) {
    throw new TypeError(`"${text}" is no ARN`);
  }
  return { partition, service, region, account, resource: resource.join(":") };
}
