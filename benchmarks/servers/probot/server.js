// Probot with an empty handler (https://probot.github.io): checks the signature of GitHub's kind, keeps nothing.
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { createNodeMiddleware, createProbot } from "probot";

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = createPrivateKey(privateKey.export({ type: "pkcs1", format: "pem" })).export({ type: "pkcs1", format: "pem" });
const probot = createProbot({
  overrides: { appId: 1, privateKey: pem, secret: process.env.BENCH_SECRET, logLevel: "fatal" },
});
const middleware = await createNodeMiddleware((app) => { app.on("issues.closed", async () => {}); }, {
  probot,
  webhooksPath: "/webhooks/gitlab",
});
createServer((request, response) => middleware(request, response, () => response.writeHead(404).end()))
  .listen(Number(process.env.BENCH_PORT), "127.0.0.1");
