using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Hosting;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Transports.Tcp;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace DChat.Libp2p.Tests.Hosting;

public sealed class AddLibp2pTests
{
    [Fact]
    public async Task The_readme_example_of_two_hosts_runs() => await ReadmeExamples.TwoHostsAsync();

    [Fact]
    public async Task The_readme_example_of_requests_runs() => await ReadmeExamples.RequestsAsync();

    [Fact]
    public async Task The_host_starts_with_the_application_serves_its_handlers_and_stops_with_it()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(TimeProvider.System);
        ReadmeExamples.DependencyInjection(builder.Services);
        using var application = builder.Build();
        await application.StartAsync(TestContext.Current.CancellationToken);
        var host = application.Services.GetRequiredService<Libp2pHost>();
        await using var client = new Libp2pHost(new Libp2pOptions());
        var address = Assert.Single(host.ListenAddresses).WithPeer(host.LocalPeer);

        var connection = await client.ConnectAsync(address, TestContext.Current.CancellationToken);
        await using (var stream = await client.NewStreamAsync(connection, ["/echo/1.0.0"], TestContext.Current.CancellationToken))
        {
            await stream.Output.WriteAsync("hello"u8.ToArray(), TestContext.Current.CancellationToken);
            await stream.CloseWriteAsync(TestContext.Current.CancellationToken);
            Assert.Equal("hello", await stream.Input.ReadTextToEndAsync());
        }

        await application.StopAsync(TestContext.Current.CancellationToken);
        await connection.Closed;
        Assert.Empty(host.ListenAddresses);
    }

    [Fact]
    public async Task A_bad_option_stops_the_application_with_its_name_and_range()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLibp2p(o => o.Connections.MaxPerPeer = 0);
        using var application = builder.Build();
        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => application.StartAsync(TestContext.Current.CancellationToken));
        Assert.Contains("Connections.MaxPerPeer must be at least 2.", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_configured_late_is_read_when_the_application_starts_and_not_before()
    {
        using var key = PrivateKey.Generate();
        var isRead = false;
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddGossipsub().AddLibp2p((options, _) => (isRead, options.Identity) = (true, key));
        using var application = builder.Build();
        application.Services.GetRequiredService<IStartupValidator>().Validate();
        _ = application.Services.GetServices<IHostedService>().ToArray();
        Assert.False(isRead);

        await application.StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal(key.Peer, application.Services.GetRequiredService<Libp2pHost>().LocalPeer);
        await application.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_bad_option_that_is_configured_late_stops_the_application_with_its_name_and_range()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLibp2p((options, _) => options.Connections.MaxPerPeer = 0);
        using var application = builder.Build();
        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => application.StartAsync(TestContext.Current.CancellationToken));
        Assert.Contains("Connections.MaxPerPeer must be at least 2.", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_in_use_is_a_transient_fault_and_nothing_listens()
    {
        var transport = new TcpTransport();
        await using var listener = await transport.ListenAsync(Multiaddr.Parse("/ip4/127.0.0.1/tcp/0"), TestContext.Current.CancellationToken);
        var options = new Libp2pOptions();
        options.ListenAddresses.Add(Multiaddr.Parse("/ip4/127.0.0.1/tcp/0"));
        options.ListenAddresses.Add(listener.LocalAddress);
        await using var host = new Libp2pHost(options);
        var fault = await Assert.ThrowsAsync<Libp2pException>(() => host.StartAsync(TestContext.Current.CancellationToken));
        Assert.Equal((Libp2pErrorCodes.ListenFailed, true), (fault.Code, fault.IsTransient));
        Assert.Empty(host.ListenAddresses);
    }
}
