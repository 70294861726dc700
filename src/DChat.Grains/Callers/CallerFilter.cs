using System.Collections.Concurrent;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using DChat.Abstractions.Grains;
using DChat.Core;
using Microsoft.Extensions.Options;

namespace DChat.Grains.Callers;

/// <summary>Enforces <see cref="ClusterOnlyAttribute"/> and <see cref="OperatorOnlyAttribute"/> for every grain of the silo.</summary>
internal sealed class CallerFilter(IOptions<OperatorOptions> options) : IIncomingGrainCallFilter
{
    // Bounded by the methods of the grain interfaces that are compiled in.
    private readonly ConcurrentDictionary<MethodInfo, Rules> _rules = [];
    private readonly byte[]? _token = options.Value.Token is { } token ? Encoding.ASCII.GetBytes(token) : null;

    public Task Invoke(IIncomingGrainCallContext context)
    {
        if (CallerIdentity.IsOutsideCluster(context.SourceId))
        {
            var rules = _rules.GetOrAdd(context.InterfaceMethod, RulesOf);
            if (rules.IsClusterOnly)
            {
                throw new DChatException(ClusterOnlyAttribute.ForbiddenCode, $"{NameOf(context)} is not for clients: only silos call it.");
            }

            if (rules.IsOperatorOnly && !IsOperator())
            {
                throw new DChatException(
                    OperatorOnlyAttribute.ForbiddenCode,
                    $"{NameOf(context)} is for operators, and the operator token of the silos is missing or another one: give it with dchat in the environment as "
                    + $"{OperatorOnlyAttribute.TokenVariable}, with the SDK as DChatClientOptions.OperatorToken.");
            }
        }

        return context.Invoke();
    }

    private bool IsOperator() =>
        _token is null
        || (RequestContext.Get(OperatorOnlyAttribute.TokenKey) is string given
            && CryptographicOperations.FixedTimeEquals(_token, Encoding.UTF8.GetBytes(given)));

    private static string NameOf(IIncomingGrainCallContext context) => $"{context.InterfaceMethod.DeclaringType!.Name}.{context.MethodName}";

    private static Rules RulesOf(MethodInfo method) => new(Has<ClusterOnlyAttribute>(method), Has<OperatorOnlyAttribute>(method));

    private static bool Has<T>(MethodInfo method)
        where T : Attribute => method.IsDefined(typeof(T)) || method.DeclaringType!.IsDefined(typeof(T));

    private sealed record Rules(bool IsClusterOnly, bool IsOperatorOnly);
}
