using DChat.Libp2p.Host;
using DChat.Libp2p.Hosting;
using DChat.Libp2p.Protocols.Gossip;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DChat.Libp2p.Tests.Hosting;

public sealed class AddGossipsubTests
{
    [Fact]
    public async Task Gossipsub_starts_and_stops_with_the_application()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        ReadmeExamples.DependencyInjection(builder.Services);
        using var application = builder.Build();
        await application.StartAsync(TestContext.Current.CancellationToken);
        var host = application.Services.GetRequiredService<Libp2pHost>();
        Assert.Subset(host.Protocols.ToHashSet(), Gossipsub.Protocols.ToHashSet());
        await ReadmeExamples.GossipAsync(host);
        await application.StopAsync(TestContext.Current.CancellationToken);
        Assert.Throws<ObjectDisposedException>(() => application.Services.GetRequiredService<Gossipsub>().Publish("t", "x"u8.ToArray()));
    }

    [Fact]
    public async Task A_bad_option_stops_the_application_with_its_name_and_range()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLibp2p().AddGossipsub(o => o.Limits.MaxPeers = 0);
        using var application = builder.Build();
        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => application.StartAsync(TestContext.Current.CancellationToken));
        Assert.Contains("Limits.MaxPeers must be at least 1.", fault.Message, StringComparison.Ordinal);
    }
}
