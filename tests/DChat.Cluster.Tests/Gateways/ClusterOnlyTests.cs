using System.Reflection;
using DChat.Abstractions.Grains;

namespace DChat.Cluster.Tests.Gateways;

/// <summary>What clients outside the cluster may call is decided method by method; here it stands in one list.</summary>
public sealed class ClusterOnlyTests
{
    [Fact]
    public void Clients_may_call_what_this_list_has_and_nothing_else()
    {
        var open = typeof(ClusterOnlyAttribute).Assembly.GetTypes()
            .Where(type => type.IsInterface && type.IsAssignableTo(typeof(IGrain)))
            .Where(grain => !grain.IsDefined(typeof(ClusterOnlyAttribute)))
            .SelectMany(grain => grain.GetMethods())
            .Where(method => !method.IsDefined(typeof(ClusterOnlyAttribute)))
            .Select(method => $"{method.DeclaringType!.Name}.{method.Name}")
            .Order(StringComparer.Ordinal);

        Assert.Equal(
            [
                "IAdmissionGrain.DescribeAsync",
                "IAdmissionGrain.PublishAsync",
                "IGatewayDirectoryGrain.ListAsync",
                "IPeerSetGrain.DescribeAsync",
                "ISyncShardGrain.FetchAsync",
                "ISyncShardGrain.GetHeadAsync",
                "ISyncShardGrain.GetPastHeadAsync",
                "ISyncShardGrain.ReadAsync",
            ],
            open);
    }
}
