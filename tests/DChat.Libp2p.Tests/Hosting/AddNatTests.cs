using DChat.Libp2p.Host;
using DChat.Libp2p.Hosting;
using DChat.Libp2p.Protocols.AutoNat;
using DChat.Libp2p.Protocols.CircuitRelay;
using DChat.Libp2p.Protocols.Dcutr;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Tests.Streams;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DChat.Libp2p.Tests.Hosting;

/// <summary><c>AddAutoNat</c> and <c>AddDcutr</c>.</summary>
public sealed class AddNatTests
{
    [Fact]
    public async Task Both_start_and_stop_with_the_application()
    {
        using var application = TestApplication.Create(services => services.AddAutoNat().AddDcutr());
        await application.StartAsync(TestContext.Current.CancellationToken);
        var protocols = application.Services.GetRequiredService<Libp2pHost>().Protocols;
        Assert.Equal([AutoNat.DialBackId, AutoNat.DialRequestId, Dcutr.Id], protocols.Where(p => p.StartsWith("/libp2p/", StringComparison.Ordinal)));
        await application.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_host_that_does_not_serve_only_takes_nonces()
    {
        using var application = TestApplication.Create(services => services.AddAutoNat(o => o.Serves = false));
        await application.StartAsync(TestContext.Current.CancellationToken);
        var protocols = application.Services.GetRequiredService<Libp2pHost>().Protocols;
        Assert.Contains(AutoNat.DialBackId, protocols);
        Assert.DoesNotContain(AutoNat.DialRequestId, protocols);
        await application.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_bad_option_stops_the_application_with_its_name_and_range()
    {
        using var first = TestApplication.Create(services => services.AddAutoNat(o => o.NetworksToConfirm = 0));
        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => first.StartAsync(TestContext.Current.CancellationToken));
        Assert.Contains("NetworksToConfirm must be 1 to 64.", fault.Message, StringComparison.Ordinal);

        using var second = TestApplication.Create(services => services.AddDcutr(o => o.Attempts = 11));
        fault = await Assert.ThrowsAsync<OptionsValidationException>(() => second.StartAsync(TestContext.Current.CancellationToken));
        Assert.Contains("Attempts must be 1 to 10.", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_known_late_is_configured_late()
    {
        using var application = TestApplication.Create(services => services
            .AddAutoNat((o, s) => o.Asks = s.GetRequiredService<string>() == "asks")
            .AddDcutr((o, s) => o.Attempts = s.GetRequiredService<string>().Length)
            .AddSingleton("silent"));
        await application.StartAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain(AutoNat.DialBackId, application.Services.GetRequiredService<Libp2pHost>().Protocols);
        Assert.Equal(6, application.Services.GetRequiredService<IOptions<DcutrOptions>>().Value.Attempts);
        await application.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task They_stand_on_a_host_of_another_kind_too()
    {
        using var host = new PipeHost();
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<ILibp2pHost>(host).AddAutoNat(o => o.Asks = false).AddDcutr().AddCircuitRelay();
        using var application = builder.Build();
        await application.StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal([AutoNat.DialRequestId, CircuitRelayService.HopId, Dcutr.Id], host.Protocols);
        await application.StopAsync(TestContext.Current.CancellationToken);
    }
}
