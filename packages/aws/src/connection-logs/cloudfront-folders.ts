/** Whose folders, and of when. */
export interface FoldersOptions {
  /** With placeholders, e.g. `AWSLogs/{account-id}/CloudFront/{DistributionId}/{yyyy}/{MM}/{dd}`. */
  readonly path: string;
  readonly account: string;
  readonly distribution: string;
  readonly from: number;
  readonly to: number;
}

const hourMs = 3_600_000;

/** The prefixes below which the files of a span of time lie. */
export function foldersOf({ path, account, distribution, from, to }: FoldersOptions): readonly string[] {
  const folders = new Set<string>();
  for (let at = Math.floor(from / hourMs) * hourMs; at <= to; at += hourMs) {
    const [yyyy = "", MM = "", dd = "", HH = ""] = new Date(at).toISOString().split(/[-T:]/);
    const values: Readonly<Record<string, string>> = {
      yyyy,
      MM,
      dd,
      HH,
      "account-id": account,
      accountid: account,
      DistributionId: distribution,
      distributionid: distribution,
    };
    folders.add(path.replaceAll(/\{([\w-]+)\}/g, (whole, name: string) => values[name] ?? whole));
  }
  return [...folders];
}
