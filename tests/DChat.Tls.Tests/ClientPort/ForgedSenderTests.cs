using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Tls.Tests.Connections;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Serialization.Session;

namespace DChat.Tls.Tests.ClientPort;

/// <summary>A client that has a certificate and says that it is a silo.</summary>
public sealed class ForgedSenderTests(TlsSilo silo) : IClassFixture<TlsSilo>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private ForgedSender? _connection;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("gatewaydirectory/dchat-test")]
    [InlineData("sys.client/hosted-127.0.0.1:11111@1")]
    [InlineData("sys.svc.silo-control/127.0.0.1:11111@1")]
    public async Task A_client_that_calls_itself_a_grain_or_a_silo_is_hung_up_on_before_its_call_is_made(string forged)
    {
        using var client = await TlsSilo.StartClientAsync(silo.ClientPort, silo.Authority.Client(), Hostile, Cancel);
        var inside = Directory(silo.Services);
        await inside.AnnounceAsync(new GatewayDescription("kept", "silo", new string('0', 64), [], 0, DateTimeOffset.UtcNow));
        Assert.Equal("kept", Assert.Single(await Directory(client.Services).ListAsync()).PeerId);
        var refused = silo.Log.Count(IsRefusal);

        _connection!.Sender = GrainId.Parse(forged);
        var leave = Directory(client.Services).LeaveAsync("kept");
        var untold = await Record.ExceptionAsync(() => silo.Log.WaitForAsync(IsRefusal, Patience, Cancel, after: refused));

        Assert.Equal("kept", Assert.Single(await inside.ListAsync()).PeerId);
        Assert.Null(untold);
        Assert.False(leave.IsCompletedSuccessfully);
        await client.StopAsync(Cancel);
    }

    private static bool IsRefusal(string line) =>
        line.Contains(" at the client port: it poses as a silo: its message names a sender that is no client", StringComparison.Ordinal);

    private static IGatewayDirectoryGrain Directory(IServiceProvider services) =>
        services.GetRequiredService<IGrainFactory>().GetGrain<IGatewayDirectoryGrain>(TlsSilo.Network);

    private void Hostile(IClientBuilder client) => client.Configure<ClientConnectionOptions>(options => options.ConfigureConnection(connection =>
        connection.Use(next => context =>
        {
            context.Transport = _connection = new ForgedSender(context.Transport, connection.ApplicationServices.GetRequiredService<SerializerSessionPool>());
            return next(context);
        })));
}
