using System.Reflection;
using DChat.Abstractions.Streams;
using DChat.Core;

namespace DChat.Repository.Tests.Wire;

/// <summary>What crosses between processes by way of Orleans, as compiled.</summary>
internal static class GrainContracts
{
    /// <summary>The assemblies that hold contracts.</summary>
    public static IReadOnlyList<Assembly> Assemblies { get; } = [Assembly.Load("DChat.Abstractions"), Assembly.Load("DChat.Grains")];

    /// <summary>The interfaces of our grains.</summary>
    public static IReadOnlyList<Type> Interfaces { get; } =
        [.. Types.Where(type => type.IsInterface && type.IsAssignableTo(typeof(IAddressable)))];

    /// <summary>The classes of our grains.</summary>
    public static IReadOnlyList<Type> Grains { get; } = [.. Types.Where(type => type is { IsClass: true, IsAbstract: false } && type.IsAssignableTo(typeof(IGrain)))];

    /// <summary>What their methods return, without the task around it; nothing for those that only end.</summary>
    public static IReadOnlyList<Type> Results { get; } =
        [.. Methods.Select(method => method.ReturnType).Where(type => type.IsGenericType).Select(type => type.GetGenericArguments()[0]).Distinct()];

    /// <summary>
    /// Our own types that a grain call, a stream, a state or a fault carries, those within others included. The interfaces of
    /// grains are not among them.
    /// </summary>
    public static IReadOnlyList<Type> Carried { get; } = Close(
        [
            .. Methods.SelectMany(method => method.GetParameters().Select(parameter => parameter.ParameterType)),
            .. Results,
            typeof(ShardItem),
            typeof(ShardItemContainer),
            .. Types.Where(type => type.IsDefined(typeof(GenerateSerializerAttribute), inherit: false)),
            .. Assemblies.Append(typeof(DChatException).Assembly).SelectMany(assembly => assembly.GetTypes())
                .Where(type => type.IsAssignableTo(typeof(DChatException))),
        ]);

    /// <summary>The requests that the code generator made of their methods.</summary>
    public static IReadOnlyList<Type> Requests { get; } = [.. Assemblies.SelectMany(assembly => assembly.GetTypes())
        .Where(type => type is { IsClass: true, IsAbstract: false } && type.IsAssignableTo(typeof(Orleans.Serialization.Invocation.IInvokable)))];

    private static IEnumerable<Type> Types => Assemblies.SelectMany(assembly => assembly.GetTypes())
        .Where(type => type.Namespace?.StartsWith("DChat.", StringComparison.Ordinal) == true);

    private static IEnumerable<MethodInfo> Methods => Interfaces.SelectMany(type => type.GetMethods().Where(method => !method.IsStatic));

    /// <summary>Whether a type is declared here and not by .NET or Orleans.</summary>
    public static bool IsOurs(Type type) => type.Assembly == typeof(DChatException).Assembly || Assemblies.Contains(type.Assembly);

    private static List<Type> Close(IEnumerable<Type> roots)
    {
        var found = new List<Type>();
        var next = new Queue<Type>(roots);
        while (next.TryDequeue(out var type))
        {
            foreach (var part in Parts(type).Where(part => IsOurs(part) && !found.Contains(part)))
            {
                found.Add(part);
                foreach (var member in Members(part))
                {
                    next.Enqueue(member);
                }
            }
        }

        return found;
    }

    /// <summary>A type, or what an array, a nullable or another generic is made of.</summary>
    private static IEnumerable<Type> Parts(Type type) =>
        type.HasElementType ? Parts(type.GetElementType()!)
        : type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts).Append(type.GetGenericTypeDefinition())
        : [type];

    /// <summary>The types of what the serializer writes of a type, and the types that may stand in its place.</summary>
    private static IEnumerable<Type> Members(Type type) =>
    [
        .. type.GetProperties().Where(property => property.IsDefined(typeof(IdAttribute))).Select(property => property.PropertyType),
        .. type.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance).Where(field => field.IsDefined(typeof(IdAttribute)))
            .Select(field => field.FieldType),
        .. Types.Where(other => other.BaseType == type),
    ];
}
