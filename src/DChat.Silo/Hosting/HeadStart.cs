using DChat.Core.Shards;
using DChat.Gateway.Hosting;
using DChat.Storage.Keys;

namespace DChat.Silo.Hosting;

/// <summary>
/// Opens what does not need the cluster while Orleans is still being put together: the log, then the keys, then the
/// gateway, so that who starts a silo on data in use hears of the log first. Nobody is served before the silo is up.
/// </summary>
internal static class HeadStart
{
    /// <summary>Ends when all is open or something failed; never fails. Who needs what failed meets the fault again.</summary>
    public static Task BeginAsync(IServiceProvider services) => Task.Run(() =>
    {
        try
        {
            services.GetService<IShardLog>();
            services.GetService<RelayKeys>();
            services.GetService<GatewayService>();
        }
        catch (Exception)
        {
            // The hosted service that needs the same object throws the same exception, and that one fails the start.
        }
    });
}
