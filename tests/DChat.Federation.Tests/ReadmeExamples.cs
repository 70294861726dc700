using DChat.Federation.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace DChat.Federation.Tests;

/// <summary>The snippets of the README, so that they compile.</summary>
internal static class ReadmeExamples
{
    public static void Host(ISiloBuilder silo)
    {
        silo.Services.Configure<SyncOptions>(options => options.Partners = "/ip4/192.0.2.7/tcp/4001/p2p/12D3Koo…");
        silo.Services.AddDChatFederation();   // after AddDChatGateway, whose libp2p host it uses
    }
}
