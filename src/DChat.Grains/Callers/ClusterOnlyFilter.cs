using System.Collections.Concurrent;
using System.Reflection;
using DChat.Abstractions.Grains;
using DChat.Core;

namespace DChat.Grains.Callers;

/// <summary>Enforces <see cref="ClusterOnlyAttribute"/> for every grain of the silo.</summary>
internal sealed class ClusterOnlyFilter : IIncomingGrainCallFilter
{
    // Bounded by the methods of the grain interfaces that are compiled in.
    private readonly ConcurrentDictionary<MethodInfo, bool> _clusterOnly = [];

    public Task Invoke(IIncomingGrainCallContext context)
    {
        if (CallerIdentity.IsOutsideCluster(context.SourceId) && _clusterOnly.GetOrAdd(context.InterfaceMethod, IsClusterOnly))
        {
            throw new DChatException(
                ClusterOnlyAttribute.ForbiddenCode,
                $"{context.InterfaceMethod.DeclaringType!.Name}.{context.MethodName} is not for clients: only silos call it.");
        }

        return context.Invoke();
    }

    private static bool IsClusterOnly(MethodInfo method) =>
        method.IsDefined(typeof(ClusterOnlyAttribute)) || method.DeclaringType!.IsDefined(typeof(ClusterOnlyAttribute));
}
