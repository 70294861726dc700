using DChat.EndToEnd.Tests.Silo;
using DChat.Testing;
using DChat.Testing.Js;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Gateways;

/// <summary>A page in Chromium and a gateway that listens for WebSockets.</summary>
public sealed class BrowserTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_chat_peer_in_a_browser_pushes_to_a_gateway_and_reads_it_back()
    {
        using var folder = new TemporaryFolder();
        var settings = Silos.In(folder["data"]) with { Libp2p = "/ip4/127.0.0.1/tcp/0/ws" };
        await using var silo = await SiloProcess.StartAsync(settings, Cancel);
        await using var browser = await BrowserPage.OpenAsync(folder["browser"], new
        {
            address = silo.Libp2pAddress().ToString(),
            network = "dchat-dev",
            shardBits = 4,
            topic = "browsers",
            text = "from a browser",
        });

        var result = await browser.ResultAsync(Cancel);
        Assert.True(result["error"] is null, result.ToJsonString());
        Assert.Contains("Chrome", (string?)result["agent"], StringComparison.Ordinal);
        Assert.Equal(silo.Libp2pAddress().ToString(), (string?)result["remote"]);
        Assert.True((bool)result["isAccepted"]!);
        Assert.Equal(["from a browser"], result["texts"]!.AsArray().Select(text => (string?)text));
    }
}
