using System.Net;
using System.Net.Sockets;
using DChat.Abstractions.Grains;
using DChat.Client;
using DChat.Client.Devices;
using DChat.Client.Hosting;
using DChat.Core;
using DChat.Tls;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace DChat.Cli.Session;

/// <summary>An Orleans client without a host around it: it starts faster and logs nothing.</summary>
internal sealed class SiloConnection : IAsyncDisposable
{
    // Connecting, the probe after a failure, and stopping together take less than Patience allows a verb.
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan ConnectRetryTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ConnectRetryDelay = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(5);

    private readonly ServiceProvider _services;
    private readonly IHostedService[] _hosted;

    private SiloConnection(ServiceProvider services)
    {
        _services = services;
        _hosted = [.. services.GetServices<IHostedService>()];
    }

    /// <summary>Connects as the device of the home directory.</summary>
    /// <exception cref="DChatException">
    /// The operator token is of no use (<c>options-invalid</c>), the home directory cannot be used, no silo answers
    /// (<c>silo-unavailable</c>), or what answers is no client port (<c>not-a-client-port</c>), of another cluster
    /// (<c>wrong-cluster</c>), wants TLS (<c>tls-required</c>) or differs about certificates (<see cref="TlsCodes"/>).
    /// </exception>
    public static async Task<CliSession> OpenAsync(CliSettings settings, CancellationToken cancellationToken)
    {
        OperatorOnlyAttribute.CheckToken(OperatorOnlyAttribute.TokenVariable, settings.OperatorToken);
        CheckTls(settings.Tls);
        var home = DChatHome.Open(settings.Home);
        try
        {
            var endpoint = await ResolveAsync(settings, cancellationToken).ConfigureAwait(false);
            var connection = new SiloConnection(Configure(settings, endpoint, home));
            try
            {
                await connection.StartAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                throw await ExplainAsync(settings, endpoint, failure, cancellationToken).ConfigureAwait(false);
            }

            return new CliSession(
                home,
                connection._services.GetRequiredService<IDChatClient>(),
                connection._services.GetRequiredService<IDChatDevices>(),
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
        // A silo that is gone must not hold up the end of the command; the process ends anyway.
        var stopping = Task.Run(StopAsync);
        await stopping.WaitAsync(StopTimeout).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static ServiceProvider Configure(CliSettings settings, IPEndPoint endpoint, DChatHome home)
    {
        var started = TimeProvider.System.GetTimestamp();
        var services = new ServiceCollection();
        services.AddSingleton<IDeviceStore>(home);
        services.AddOrleansClient(client => client
            .UseStaticClustering(endpoint)
            .Configure<ClusterOptions>(options =>
            {
                options.ClusterId = settings.ClusterId;
                options.ServiceId = settings.ServiceId;
            })
            .Configure<ClientMessagingOptions>(options => options.ResponseTimeout = CallTimeout)
            .UseConnectionRetryFilter(async (_, cancellationToken) =>
            {
                await Task.Delay(ConnectRetryDelay, cancellationToken).ConfigureAwait(false);
                return TimeProvider.System.GetElapsedTime(started) < ConnectRetryTime;
            })
            .UseDChatClient(options =>
            {
                options.RetryTimeout = options.CallTimeout = CallTimeout;
                options.OperatorToken = settings.OperatorToken;
                options.Tls = settings.Tls;
            }));
        return services.BuildServiceProvider();
    }

    private static void CheckTls(TlsFiles? tls)
    {
        try
        {
            tls?.Validate();
        }
        catch (DChatException e)
        {
            throw new DChatException(
                e.Code, $"Of the files for TLS, {e.Message} Give --tls-certificate, --tls-key and --tls-authority, or DCHAT_TLS_CERTIFICATE and its like.", inner: e);
        }
    }

    private static async Task<IPEndPoint> ResolveAsync(CliSettings settings, CancellationToken cancellationToken)
    {
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(settings.Silo.Host, cancellationToken)
                .WaitAsync(ConnectTimeout, cancellationToken).ConfigureAwait(false);
            var address = addresses.OrderBy(candidate => candidate.AddressFamily == AddressFamily.InterNetwork ? 0 : 1).First();
            return new IPEndPoint(address, settings.Silo.Port);
        }
        catch (Exception failure) when (failure is SocketException or TimeoutException)
        {
            throw new DChatException(DChatErrorCodes.SiloUnavailable, SiloFault.UnknownHost(settings), isTransient: true, failure);
        }
    }

    private static async Task<DChatException> ExplainAsync(
        CliSettings settings, IPEndPoint endpoint, Exception failure, CancellationToken cancellationToken)
    {
        // Who speaks no TLS may be told from a silo without.
        if (failure is DChatException { Code: not TlsCodes.NotSpoken and not TlsCodes.Required } fault)
        {
            return fault.Code == TlsCodes.Rejected
                ? new DChatException(fault.Code, $"{fault.Message} Its cluster is called {settings.ClusterId} here; --cluster-id names another.", inner: fault)
                : fault;
        }

        return await PortProbe.LookAsync(endpoint, cancellationToken).ConfigureAwait(false) switch
        {
            Listener.HangsUp when failure is DChatException { Code: TlsCodes.NotSpoken } plain => new DChatException(plain.Code, plain.Message, isTransient: false, failure),
            Listener.Tls when settings.Tls is null => new DChatException(TlsCodes.Required, SiloFault.NeedsTls(settings), isTransient: false, failure),
            Listener.Tls => Unavailable(SiloFault.Silent(settings)),
            Listener.HangsUp => new DChatException(SiloFault.WrongClusterCode, SiloFault.OtherCluster(settings), isTransient: false, failure),
            Listener.None => Unavailable(SiloFault.Nobody(settings)),
            Listener.SiloPort => Other("the port where silos meet each other"),
            Listener.Libp2pPort => Other("the port where a silo meets chat peers (libp2p)"),
            Listener.Http => Other("a web server, such as the admin endpoint of a silo"),
            Listener.Other => Other("another program"),
            _ => Unavailable(SiloFault.Silent(settings)),
        };

        DChatException Unavailable(string message) => new(DChatErrorCodes.SiloUnavailable, message, isTransient: true, failure);

        DChatException Other(string what) =>
            new(SiloFault.NotAClientPortCode, SiloFault.OtherPort(settings, what), isTransient: false, failure);
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        giveUp.CancelAfter(ConnectTimeout);
        try
        {
            foreach (var service in _hosted)
            {
                await service.StartAsync(giveUp.Token).WaitAsync(giveUp.Token).ConfigureAwait(false);
            }
        }
        catch
        {
            await DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task StopAsync()
    {
        foreach (var service in _hosted.Reverse())
        {
            await service.StopAsync(CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await _services.DisposeAsync().ConfigureAwait(false);
    }
}
