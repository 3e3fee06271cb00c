// What a client's author writes against the generated code; it has to compile, not to run.
import { acceptTrade, listTrades, proposeTrade } from "./generated/sdk";
import type { paths } from "./generated/types/schema";

type Accepting = paths["/api/v1/trades/{trade_id}/accept"]["post"];
type Trade = Accepting["responses"][200]["content"]["application/json"];
type Refusal = Accepting["responses"][409]["content"]["application/problem+json"];

export function tell(trade: Trade): string {
  return `${trade.state}, revision ${trade.revision}: ${trade.allowed_actions.join(", ")}`;
}

export function advise(refusal: Refusal): string {
  switch (refusal.code) {
    case "stale-revision":
      return "Look at the new terms first.";
    case "copy-already-promised":
      return "Somebody was faster.";
    default:
      return refusal.detail;
  }
}

export async function offer(to: string, give: string[], take: string[]): Promise<string> {
  const { data, error } = await proposeTrade({
    body: { to, give, take, method: "in_person" },
    headers: { "Idempotency-Key": `${to}-${give.join("-")}` },
  });
  return error ? error.code : tell(data);
}

export async function acceptAllOfMyTurn(): Promise<number> {
  const { data } = await listTrades({ query: { turn: "me", state: ["proposed"] } });
  const open = (data?.items ?? []).filter((trade) => trade.allowed_actions.includes("accept"));
  for (const { id, revision } of open) {
    await acceptTrade({ path: { trade_id: id }, body: { revision } });
  }
  return open.length;
}
