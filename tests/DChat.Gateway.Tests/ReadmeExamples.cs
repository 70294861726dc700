using DChat.Gateway.Hosting;

namespace DChat.Gateway.Tests;

/// <summary>The snippets of the README, so that they compile.</summary>
internal static class ReadmeExamples
{
    public static void Host(ISiloBuilder silo, GatewayIdentity identity)
    {
        silo.Services.AddDChatGateway(_ => identity, version: "0.1.0");
    }
}
