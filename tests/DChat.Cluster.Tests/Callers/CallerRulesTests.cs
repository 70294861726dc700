using System.Reflection;
using DChat.Abstractions.Grains;

namespace DChat.Cluster.Tests.Callers;

/// <summary>What clients outside the cluster may call is decided method by method; here it stands in one list.</summary>
public sealed class CallerRulesTests
{
    [Fact]
    public void Clients_may_call_what_this_list_has_and_nothing_else()
    {
        var open = typeof(ClusterOnlyAttribute).Assembly.GetTypes()
            .Where(type => type.IsInterface && type.IsAssignableTo(typeof(IGrain)))
            .SelectMany(grain => grain.GetMethods())
            .Where(method => !Has<ClusterOnlyAttribute>(method))
            .Select(method => $"{method.DeclaringType!.Name}.{method.Name}{(Has<OperatorOnlyAttribute>(method) ? ", operators" : "")}")
            .Order(StringComparer.Ordinal);

        Assert.Equal(
            [
                "IAdmissionGrain.DescribeAsync",
                "IAdmissionGrain.PublishAsync",
                "IDeviceStateGrain.ReadAsync",
                "IDeviceStateGrain.WriteAsync",
                "IGatewayDirectoryGrain.ListAsync, operators",
                "IIdentityGrain.AppendAsync",
                "IIdentityGrain.ReadAsync",
                "IPeerSetGrain.BeginSyncAsync, operators",
                "IPeerSetGrain.DescribeAsync, operators",
                "IPeerSetGrain.DescribeCircuitsAsync, operators",
                "IPeerSetGrain.DescribeDhtAsync, operators",
                "IPeerSetGrain.DescribeSyncAsync, operators",
                "IPeerSetGrain.FindPeerAsync, operators",
                "IPeerSetGrain.ReleaseCircuitAsync, operators",
                "IPeerSetGrain.ReserveCircuitAsync, operators",
                "ISyncShardGrain.FetchAsync",
                "ISyncShardGrain.GetHeadAsync",
                "ISyncShardGrain.GetPastHeadAsync",
                "ISyncShardGrain.ReadAsync",
                "ISyncShardGrain.ScrubAsync, operators",
            ],
            open);
    }

    private static bool Has<T>(MethodInfo method)
        where T : Attribute => method.IsDefined(typeof(T)) || method.DeclaringType!.IsDefined(typeof(T));
}
