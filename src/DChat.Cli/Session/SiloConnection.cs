using System.Net;
using System.Net.Sockets;
using DChat.Client;
using DChat.Client.Devices;
using DChat.Client.Hosting;
using DChat.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace DChat.Cli.Session;

/// <summary>An Orleans client without a host around it: it starts faster and logs nothing.</summary>
internal sealed class SiloConnection : IAsyncDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan ConnectRetryDelay = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryTimeout = TimeSpan.FromSeconds(10);

    private readonly ServiceProvider _services;
    private readonly IHostedService[] _hosted;

    private SiloConnection(ServiceProvider services)
    {
        _services = services;
        _hosted = [.. services.GetServices<IHostedService>()];
    }

    /// <summary>Connects as the device of the home directory.</summary>
    /// <exception cref="DChatException">The home directory cannot be used, or no silo answers (<c>silo-unavailable</c>).</exception>
    public static async Task<CliSession> OpenAsync(CliSettings settings, CancellationToken cancellationToken)
    {
        var home = DChatHome.Open(settings.Home);
        try
        {
            var gateway = await ResolveAsync(settings.Silo, cancellationToken).ConfigureAwait(false);
            var connection = new SiloConnection(Configure(settings, gateway, home));
            await connection.StartAsync(cancellationToken).ConfigureAwait(false);
            return new CliSession(
                home,
                connection._services.GetRequiredService<IDChatClient>(),
                connection._services.GetRequiredService<IDChatOperator>(),
                connection);
        }
        catch
        {
            home.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // A silo that is gone must not hold up the end of the command.
        using var giveUp = new CancellationTokenSource(StopTimeout);
        foreach (var service in _hosted.Reverse())
        {
            try
            {
                await service.StopAsync(giveUp.Token).WaitAsync(giveUp.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // It took too long; the process ends anyway.
            }
        }

        await _services.DisposeAsync().ConfigureAwait(false);
    }

    private static ServiceProvider Configure(CliSettings settings, IPEndPoint gateway, DChatHome home)
    {
        var giveUp = TimeProvider.System.GetTimestamp();
        var services = new ServiceCollection();
        services.AddSingleton<IDeviceStore>(home);
        services.AddOrleansClient(client => client
            .UseStaticClustering(gateway)
            .Configure<ClusterOptions>(options =>
            {
                options.ClusterId = settings.ClusterId;
                options.ServiceId = settings.ServiceId;
            })
            .Configure<ClientMessagingOptions>(options => options.ResponseTimeout = ResponseTimeout)
            .UseConnectionRetryFilter(async (_, cancellationToken) =>
            {
                await Task.Delay(ConnectRetryDelay, cancellationToken).ConfigureAwait(false);
                return TimeProvider.System.GetElapsedTime(giveUp) < ConnectTimeout;
            })
            .UseDChatClient(options => options.RetryTimeout = RetryTimeout));
        return services.BuildServiceProvider();
    }

    private static async Task<IPEndPoint> ResolveAsync(SiloEndpoint silo, CancellationToken cancellationToken)
    {
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(silo.Host, cancellationToken).ConfigureAwait(false);
            var address = addresses.OrderBy(candidate => candidate.AddressFamily == AddressFamily.InterNetwork ? 0 : 1).First();
            return new IPEndPoint(address, silo.Port);
        }
        catch (SocketException failure)
        {
            throw Unavailable(failure);
        }
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var service in _hosted)
            {
                await service.StartAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception failure)
        {
            await _services.DisposeAsync().ConfigureAwait(false);
            if (failure is OperationCanceledException && cancellationToken.IsCancellationRequested)
            {
                throw;
            }

            throw Unavailable(failure);
        }
    }

    private static DChatException Unavailable(Exception failure) =>
        new(DChatErrorCodes.SiloUnavailable, failure.Message, isTransient: true, failure);
}
