using System.Net;
using DChat.Silo.Configuration;
using DChat.Silo.Hosting;
using Orleans.Configuration;

namespace DChat.Silo.Providers;

/// <summary>The list of the cluster's members where <see cref="MembershipOptions"/> say, with Orleans' own providers.</summary>
internal static class MembershipProviders
{
    // Silos that a failure of everything left in the list hold up who starts next until they have missed three of these.
    private static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(5);

    /// <summary>Joins the cluster.</summary>
    public static ISiloBuilder UseMembership(this ISiloBuilder silo, SiloConfiguration configuration)
    {
        var (options, members) = (configuration.Silo, configuration.Membership);
        var id = members.IdIn(configuration.Network.Network);
        if (members.Membership == Provider.Local)
        {
            return silo.UseMachineClustering(options, id);
        }

        silo.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (id, id));
        silo.Configure<Orleans.Configuration.SiloOptions>(orleans => orleans.SiloName = options.SiloName);
        silo.Configure<ClusterMembershipOptions>(membership => membership.IAmAliveTablePublishTimeout = SignOfLife);
        silo.ConfigureEndpoints(members.IPAddress, options.SiloPort, options.ClientPort, listenOnAnyHostAddress: false);
        if (IPAddress.IsLoopback(members.IPAddress))
        {
            silo.UseMachineProbes();
        }

        return members.Membership == Provider.Azure ? silo.UseAzure(configuration.Azure) : silo.UseRedis(configuration.Redis);
    }

    private static ISiloBuilder UseAzure(this ISiloBuilder silo, AzureOptions azure) => silo.UseAzureStorageClustering(table =>
    {
        table.TableServiceClient = AzureAccount.Tables(azure);
        table.TableName = azure.Table;
    });

    private static ISiloBuilder UseRedis(this ISiloBuilder silo, RedisOptions redis) =>
        silo.UseRedisClustering(list => list.ConfigurationOptions = redis.Connect());
}
